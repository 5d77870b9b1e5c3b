"""CloudWatch: what a percentile is."""

import datetime


def test_percentiles(aws):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)
    aws.cloudwatch.put_metric_data(Namespace="N", MetricData=[{"MetricName": "m", "Value": v, "Timestamp": at} for v in (5, 1, 4, 2, 3)])

    def ask(stat):
        answer = aws.cloudwatch.get_metric_data(StartTime=at - datetime.timedelta(minutes=5), EndTime=at + datetime.timedelta(minutes=5), MetricDataQueries=[
            {"Id": "a", "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": 3600, "Stat": stat}}])
        return answer["MetricDataResults"][0]["Values"]
    assert ask("p50") == [3] and ask("p95") == [5] and ask("Maximum") == [5]
