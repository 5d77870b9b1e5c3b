"""Instance refreshes and scaling policies of Auto Scaling groups."""

import re
import uuid

from gateway.errors import AwsError
from gateway.registry import mend

from .autoscaling import configuration, group_of
from .autoscaling_instances import end, launch, now, specification, suspended
from .ec2_templates import version_of

RUNNING = ("Pending", "InProgress", "Cancelling", "RollbackInProgress")


def _active(group):
    return next((r for r in group._mend_refreshes if r["Status"] in RUNNING), None)


@mend("autoscaling", "StartInstanceRefresh")
def start_refresh(call):
    """API_StartInstanceRefresh.html: one at a time; what it is to lead to must be launchable; when it can be undone."""
    group, p = group_of(call), call.params
    if _active(group):
        raise AwsError("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution "
                       "of this Instance Refresh.")
    wanted, preferences = p.get("DesiredConfiguration"), p.get("Preferences") or {}
    held = configuration(call, wanted) if wanted else group._mend_held
    low, high = preferences.get("MinHealthyPercentage", 90), preferences.get("MaxHealthyPercentage", 100)
    if high < 100 or high > 200 or high - low > 100:
        raise AwsError("ValidationError", "MaxHealthyPercentage must be from 100 to 200 and at most 100 above "
                       "MinHealthyPercentage.")
    if preferences.get("AutoRollback"):
        if not wanted:
            raise AwsError("ValidationError", "AutoRollback needs a desired configuration.")
        if str(specification(held).get("Version", "$Default")).startswith("$"):
            raise AwsError("ValidationError", "AutoRollback is not possible with the versions $Latest and $Default.")
    refresh = {"InstanceRefreshId": str(uuid.uuid4()), "AutoScalingGroupName": group.name, "Status": "Pending",
               "PercentageComplete": 0, "InstancesToUpdate": 0, "Strategy": p.get("Strategy", "Rolling"),
               "Preferences": preferences, "_held": held, "_old": group._mend_held}
    if wanted:
        refresh["DesiredConfiguration"] = held
    refresh["_left"] = _outdated(call, group, held, preferences)
    refresh["_count"], refresh["InstancesToUpdate"] = len(refresh["_left"]), len(refresh["_left"])
    group._mend_refreshes.insert(0, refresh)
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


def _outdated(call, group, held, preferences):
    version = version_of(call, specification(held))
    kinds = [o.get("InstanceType") for o in held.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get(
        "Overrides", [])]
    same = {"LaunchTemplateId": version.template.id, "LaunchTemplateName": version.template.name,
            "Version": str(version.number)}
    return [s for s in group.instance_states if not (
        preferences.get("SkipMatching") and getattr(s, "_mend_template", None) == same and
        (not kinds or s.instance.instance_type in kinds))]


@mend("autoscaling", "DescribeInstanceRefreshes")
def refreshes(call):
    """API_InstanceRefresh.html: newest first; each look finds it a step further."""
    group, wanted = group_of(call), call.params.get("InstanceRefreshIds")
    found = [r for r in group._mend_refreshes if not wanted or r["InstanceRefreshId"] in wanted]
    shown = [{k: v for k, v in r.items() if not k.startswith("_")} for r in found]
    for refresh in found:
        _advance(call, group, refresh)
    return {"InstanceRefreshes": shown[:call.params.get("MaxRecords", 50)]}


def _advance(call, group, refresh):
    if refresh["Status"] == "Pending":
        refresh |= {"Status": "InProgress", "StartTime": now()}
    elif refresh["Status"] == "Cancelling":
        refresh |= {"Status": "Cancelled", "EndTime": now()}
    elif refresh["Status"] in ("InProgress", "RollbackInProgress"):
        _replace(call, group, refresh, refresh["Status"] == "RollbackInProgress")


def _replace(call, group, refresh, back):
    """userguide asg-instance-refresh.html: the new instance first, where the group may have more than it wants."""
    held = refresh["_old"] if back else refresh["_held"]
    refresh["_left"] = [s for s in refresh["_left"] if s in group.instance_states]
    if any(s.lifecycle_state == "Pending:Wait" for s in group.instance_states):
        return
    if suspended(group) & {"InstanceRefresh", "Launch", "Terminate"}:  # as-suspend-resume-processes.html
        return
    if refresh["_left"]:
        new = refresh.pop("_new", None) or launch(call, group, held)
        if new is None:
            reason = f"Failed launching instances: {group._mend_activities[-1].get('StatusMessage', '')}"
            if refresh["Preferences"].get("AutoRollback") and not back:
                _turn(call, group, refresh, reason)
            else:
                refresh |= {"Status": "RollbackFailed" if back else "Failed", "StatusReason": reason, "EndTime": now()}
            return
        if new.lifecycle_state == "Pending:Wait":  # it has to have the release first
            refresh["_new"] = new
            return
        new.lifecycle_state = "InService"
        end(call, group, refresh["_left"].pop(0), "an instance refresh")
    left, count = len(refresh["_left"]), max(refresh["_count"], 1)
    refresh |= {"InstancesToUpdate": left, "PercentageComplete": 100 * (count - left) // count}
    if not left:
        refresh |= {"Status": "RollbackSuccessful" if back else "Successful", "EndTime": now(),
                    "PercentageComplete": 100}
        group._mend_held = held


def _turn(call, group, refresh, reason):
    left = _outdated(call, group, refresh["_old"], {"SkipMatching": True})
    refresh |= {"Status": "RollbackInProgress", "StatusReason": reason, "_left": left, "_count": len(left),
                "InstancesToUpdate": len(left), "PercentageComplete": 0}


@mend("autoscaling", "CancelInstanceRefresh")
def cancel(call):
    """API_CancelInstanceRefresh.html: instances already replaced stay."""
    refresh = _active(group_of(call))
    if refresh is None or refresh["Status"] == "Cancelling":
        raise AwsError("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto "
                       f"Scaling group {call.params['AutoScalingGroupName']}")
    refresh["Status"] = "Cancelling"
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


@mend("autoscaling", "RollbackInstanceRefresh")
def rollback(call):
    """API_RollbackInstanceRefresh.html: only of one with a desired configuration that says a version."""
    group = group_of(call)
    refresh = _active(group)
    if refresh is None or refresh["Status"] not in ("Pending", "InProgress"):
        raise AwsError("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto "
                       f"Scaling group {group.name}")
    if "DesiredConfiguration" not in refresh or str(specification(refresh["_held"]).get(
            "Version", "$Default")).startswith("$"):
        raise AwsError("IrreversibleInstanceRefresh", "This instance refresh has no desired configuration to go back "
                       "from.")
    _turn(call, group, refresh, "Rolled back by request")
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


LABEL = re.compile(r"app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+")


@mend("autoscaling", "PutScalingPolicy")
def put_policy(call):
    """API_PutScalingPolicy.html: a name is unique in its group; a policy of requests per target names its balancer."""
    p, group = call.params, group_of(call)
    tracking = p.get("TargetTrackingConfiguration") or {}
    if p.get("PolicyType") == "TargetTrackingScaling" and not tracking:
        raise AwsError("ValidationError", "TargetTrackingConfiguration is required for TargetTrackingScaling.")
    metric = tracking.get("PredefinedMetricSpecification") or {}
    if metric.get("PredefinedMetricType") == "ALBRequestCountPerTarget" and not LABEL.fullmatch(
            metric.get("ResourceLabel") or ""):
        raise AwsError("ValidationError", "Invalid resource label for ALBRequestCountPerTarget.")
    policies, key = call.store("policies"), (group.name, p["PolicyName"])
    old = policies.get(key)
    arn = old["PolicyARN"] if old else (
        f"arn:aws:autoscaling:{call.region}:{call.account}:scalingPolicy:{uuid.uuid4()}:autoScalingGroupName/"
        f"{group.name}:policyName/{p['PolicyName']}")
    alarms = []
    if tracking:
        tracking.setdefault("DisableScaleIn", False)
        for side in ("AlarmHigh", "AlarmLow"):
            name = f"TargetTracking-{group.name}-{side}-{uuid.uuid5(uuid.NAMESPACE_URL, arn + side)}"
            alarms.append({"AlarmName": name, "AlarmARN":
                           f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}"})
    policies[key] = {"PolicyType": "SimpleScaling", "Enabled": True, "StepAdjustments": [], **p, "PolicyARN": arn,
                     "Alarms": alarms}
    return {"PolicyARN": arn, "Alarms": alarms}


@mend("autoscaling", "DescribePolicies")
def policies(call):
    """API_DescribePolicies.html: of one group or of all; by name or ARN; by type."""
    p, name = call.params, call.params.get("AutoScalingGroupName")
    if name:
        group_of(call, name)
    wanted, kinds = p.get("PolicyNames"), p.get("PolicyTypes")
    found = [q for (group, key), q in sorted(call.store("policies").items()) if (not name or group == name) and (
        not wanted or key in wanted or q["PolicyARN"] in wanted) and (not kinds or q["PolicyType"] in kinds)]
    return {"ScalingPolicies": found}


@mend("autoscaling", "DeletePolicy")
def delete_policy(call):
    """API_DeletePolicy.html: by ARN, or by name and group."""
    wanted, name = call.params["PolicyName"], call.params.get("AutoScalingGroupName")
    held = call.store("policies")
    key = next((k for k, q in held.items() if q["PolicyARN"] == wanted or (k == (name, wanted))), None)
    if key is None:
        raise AwsError("ValidationError", f"policy name not found - {wanted}" if not name else
                       f"PolicyName {wanted} not found for AutoScalingGroup {name}")
    del held[key]
    return {}
