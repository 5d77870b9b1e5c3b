"""Alarms behave as CloudWatch's API reference says."""

from conftest import refused

ALARM = {"AlarmName": "app-errors", "Namespace": "AWS/ApplicationELB", "MetricName": "HTTPCode_Target_5XX_Count",
         "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 2, "Threshold": 5.0, "TreatMissingData": "notBreaching",
         "ComparisonOperator": "GreaterThanThreshold", "Dimensions": [{"Name": "LoadBalancer", "Value": "app/a/b"}]}


def test_alarm(aws):
    aws.cloudwatch.put_metric_alarm(**ALARM, Tags=[{"Key": "a", "Value": "b"}])
    found, = aws.cloudwatch.describe_alarms(AlarmNamePrefix="app-", StateValue="INSUFFICIENT_DATA")["MetricAlarms"]
    assert {k: found[k] for k in ALARM} == ALARM and found["ActionsEnabled"]
    assert found["StateReason"] == "Unchecked: Initial alarm creation" and "DatapointsToAlarm" not in found
    assert aws.cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"] == []
    aws.cloudwatch.set_alarm_state(AlarmName="app-errors", StateValue="ALARM", StateReason="test")
    aws.cloudwatch.put_metric_alarm(**{**ALARM, "Threshold": 9.0}, Tags=[{"Key": "c", "Value": "d"}])
    found, = aws.cloudwatch.describe_alarms(AlarmNames=["app-errors"])["MetricAlarms"]
    assert (found["StateValue"], found["Threshold"]) == ("ALARM", 9.0)
    assert aws.cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"] == [{"Key": "a", "Value": "b"}]


def test_refusals(aws):
    refused("ValidationError", aws.cloudwatch.put_metric_alarm, **{**ALARM, "DatapointsToAlarm": 3})
    refused("ValidationError", aws.cloudwatch.put_metric_alarm, **{**ALARM, "Period": 90})
    refused("InvalidParameterCombination", aws.cloudwatch.put_metric_alarm, **ALARM, ExtendedStatistic="p99")
    aws.cloudwatch.put_metric_alarm(**ALARM)
    refused("ResourceNotFound", aws.cloudwatch.delete_alarms, AlarmNames=["app-errors", "absent"])
    aws.cloudwatch.delete_alarms(AlarmNames=["app-errors"])
    aws.cloudwatch.delete_alarms(AlarmNames=["app-errors"])
