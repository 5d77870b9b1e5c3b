"""CloudWatch: alarms begin without data, are found by every filter, and keep tags and state over an update."""

import datetime

from gateway.errors import AwsError
from gateway.registry import mend


@mend("cloudwatch", "PutMetricAlarm")
def put_alarm(call):
    """API_PutMetricAlarm.html: a new alarm is INSUFFICIENT_DATA; an update keeps the state and ignores the tags."""
    p, alarms = call.params, call.backend().alarms
    if "Metrics" not in p:
        for need in ("MetricName", "Namespace", "Period"):
            if need not in p:
                raise AwsError("ValidationError", f"{need} is required for alarms based on a single metric")
        if ("Statistic" in p) == ("ExtendedStatistic" in p):
            raise AwsError("InvalidParameterCombination", "Exactly one of Statistic and ExtendedStatistic must be given.")
        if p["Period"] not in (10, 20, 30) and p["Period"] % 60:
            raise AwsError("ValidationError", "Period must be 10, 20, 30 or a multiple of 60")
    if p.get("DatapointsToAlarm", 1) > p["EvaluationPeriods"]:
        raise AwsError("ValidationError", "DatapointsToAlarm must not be greater than EvaluationPeriods")
    if p.get("Period", 60) * p["EvaluationPeriods"] > 604800:
        raise AwsError("ValidationError", "Metrics cannot be checked across more than a week (EvaluationPeriods * Period "
                       "must be <= 604800).")
    for action in p.get("AlarmActions", []) + p.get("OKActions", []) + p.get("InsufficientDataActions", []):
        if action.startswith("arn:aws:sns:") and action.split(":")[4] != call.account:
            raise AwsError("ValidationError", f"Invalid arn {action}")
    old = alarms.get(p["AlarmName"])
    if old is not None:
        p.pop("Tags", None)
    state = (old.state_value, old.state_reason, old.state_reason_data) if old is not None else (
        "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation", "")
    answer = call.next()
    alarm = alarms[p["AlarmName"]]
    alarm.state_value, alarm.state_reason, alarm.state_reason_data = state
    alarm._mend = {k: v for k, v in p.items() if k != "Tags"}
    return answer


@mend("cloudwatch", "DescribeAlarms")
def alarms(call):
    """API_DescribeAlarms.html: filters hold together; only metric alarms unless AlarmTypes says so; fields as given."""
    p = call.params
    if "AlarmNames" in p and "AlarmNamePrefix" in p:
        raise AwsError("InvalidParameterCombination", "AlarmNames and AlarmNamePrefix may not both be given.")
    answer = call.next()
    kinds, held = p.get("AlarmTypes", ["MetricAlarm"]), call.backend().alarms
    for kind in ("MetricAlarm", "CompositeAlarm"):
        shown = answer.get(f"{kind}s", []) if kind in kinds else []
        answer[f"{kind}s"] = sorted((a for a in shown if _fits(a, p)), key=lambda a: a["AlarmName"])
    for alarm in answer["MetricAlarms"]:
        given = getattr(held[alarm["AlarmName"]], "_mend", None)
        if given is not None:
            for field in ("Threshold", "EvaluateLowSampleCountPercentile", "Unit", "ThresholdMetricId", "DatapointsToAlarm"):
                if field not in given:
                    alarm.pop(field, None)
            alarm |= {"ActionsEnabled": True, "OKActions": [], "AlarmActions": [], "InsufficientDataActions": [],
                      "Dimensions": [], **given}
    start = int(p.get("NextToken") or 0)
    end = start + p.get("MaxRecords", 50)
    if end < len(answer["MetricAlarms"]):
        answer["NextToken"] = str(end)
    answer["MetricAlarms"] = answer["MetricAlarms"][start:end]
    return answer


def _fits(alarm, p):
    return p.get("StateValue", alarm["StateValue"]) == alarm["StateValue"] and \
        alarm["AlarmName"].startswith(p.get("AlarmNamePrefix", "")) and \
        ("AlarmNames" not in p or alarm["AlarmName"] in p["AlarmNames"]) and \
        ("ActionPrefix" not in p or any(a.startswith(p["ActionPrefix"]) for a in alarm.get("AlarmActions", [])))


@mend("cloudwatch", "DeleteAlarms")
def delete_alarms(call):
    """API_DeleteAlarms.html: when one of the names is not there nothing is deleted; an only name is no error."""
    names, held = call.params["AlarmNames"], call.backend().alarms
    missing = [n for n in names if n not in held]
    if missing and len(names) > 1:
        raise AwsError("ResourceNotFound", f"Unknown alarm: {missing[0]}", 404)


@mend("cloudwatch", "TagResource", "UntagResource", "ListTagsForResource")
def tags_of_what_is(call):
    """API_TagResource.html: the alarm must be there."""
    arn = call.params["ResourceARN"]
    if ":alarm:" in arn and arn.split(":alarm:")[1] not in call.backend().alarms:
        raise AwsError("ResourceNotFoundException", f"{arn} does not exist", 404)


@mend("cloudwatch", "EnableAlarmActions", "DisableAlarmActions")
def actions(call):
    """API_EnableAlarmActions.html."""
    for name in call.params["AlarmNames"]:
        alarm = call.backend().alarms.get(name)
        if alarm is not None:
            alarm.actions_enabled = call.operation.startswith("Enable")
            getattr(alarm, "_mend", {})["ActionsEnabled"] = alarm.actions_enabled
            alarm.configuration_updated_timestamp = datetime.datetime.now(datetime.timezone.utc)
    return {}
