"""Auto Scaling groups: what an update leaves alone, warm-up, activities, and instance refreshes."""

import copy
import datetime
import time
import uuid

from gateway.errors import AwsError
from gateway.registry import mend

KEPT = ("MixedInstancesPolicy", "DefaultInstanceWarmup", "CapacityRebalance")
REFRESH_SECONDS = 0.5  # until the instances of a refresh are replaced


def _given(call):
    return call.store("groups").setdefault(call.params["AutoScalingGroupName"], {})


@mend("autoscaling", "CreateAutoScalingGroup")
def create(call):
    """API_CreateAutoScalingGroup.html: AlreadyExists; MaxSize bounds DesiredCapacity."""
    params = call.params
    if params["AutoScalingGroupName"] in call.backend().autoscaling_groups:
        raise AwsError("AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name "
                       f"{params['AutoScalingGroupName']} already exists")
    if params.get("DesiredCapacity", params["MinSize"]) > params["MaxSize"]:
        raise AwsError("ValidationError", "Desired capacity must be between the specified min size and max size")
    given = {key: copy.deepcopy(params[key]) for key in KEPT if key in params}
    answer = call.next()
    call.store("groups")[params["AutoScalingGroupName"]] = given
    return answer


@mend("autoscaling", "UpdateAutoScalingGroup")
def update(call):
    """API_UpdateAutoScalingGroup.html: what is not named in the request stays as it is."""
    given, params = _given(call), call.params
    given.update({key: copy.deepcopy(params[key]) for key in KEPT if key in params})
    if "MixedInstancesPolicy" in given and "LaunchTemplate" not in params:
        params["MixedInstancesPolicy"] = copy.deepcopy(given["MixedInstancesPolicy"])


@mend("autoscaling", "DescribeAutoScalingGroups")
def describe(call):
    """API_AutoScalingGroup.html: fields as they were given."""
    answer = call.next()
    for group in answer.get("AutoScalingGroups", []):
        given = call.store("groups").get(group["AutoScalingGroupName"], {})
        for key in KEPT:
            if key in given and key != "MixedInstancesPolicy":
                group[key] = given[key]
        policy = given.get("MixedInstancesPolicy")
        if policy:
            group["MixedInstancesPolicy"] = copy.deepcopy(policy)
    return answer


@mend("autoscaling", "DeleteAutoScalingGroup")
def delete(call):
    """API_DeleteAutoScalingGroup.html: a group with instances goes only with ForceDelete."""
    group = call.backend().autoscaling_groups.get(call.params["AutoScalingGroupName"])
    if group is None:
        raise AwsError("ValidationError", "AutoScalingGroup name not found - null")
    if group.instance_states and not call.params.get("ForceDelete"):
        raise AwsError("ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances or pending "
                       "Spot instance request(s) still in the group.")
    call.store("groups").pop(group.name, None)


@mend("autoscaling", "StartInstanceRefresh")
def start_refresh(call):
    """API_StartInstanceRefresh.html: one at a time; AutoRollback needs a desired configuration."""
    name = call.params["AutoScalingGroupName"]
    if name not in call.backend().autoscaling_groups:
        raise AwsError("ValidationError", "AutoScalingGroup name not found - null")
    refreshes = call.store("refreshes").setdefault(name, [])
    if refreshes and refreshes[0]["Status"] in ("Pending", "InProgress"):
        raise AwsError("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the "
                       "execution of this Instance Refresh.")
    refresh = {"InstanceRefreshId": str(uuid.uuid4()), "AutoScalingGroupName": name, "Status": "InProgress",
               "StartTime": datetime.datetime.now(datetime.timezone.utc), "PercentageComplete": 0,
               "InstancesToUpdate": len(call.backend().autoscaling_groups[name].instance_states),
               "Preferences": call.params.get("Preferences", {})}
    if "DesiredConfiguration" in call.params:
        refresh["DesiredConfiguration"] = copy.deepcopy(call.params["DesiredConfiguration"])
    refresh["_due"] = time.monotonic() + REFRESH_SECONDS
    refreshes.insert(0, refresh)
    return {"InstanceRefreshId": refresh["InstanceRefreshId"]}


def _replace(call, refresh):
    name = refresh["AutoScalingGroupName"]
    policy = refresh.get("DesiredConfiguration", {}).get("MixedInstancesPolicy")
    if policy:
        call.ask("UpdateAutoScalingGroup", AutoScalingGroupName=name, MixedInstancesPolicy=policy)
    group = call.backend().autoscaling_groups[name]
    old = [state.instance.id for state in group.instance_states]
    if old:
        call.ask("TerminateInstances", service="ec2", InstanceIds=old)
    call.ask("DescribeAutoScalingGroups", AutoScalingGroupNames=[name])  # moto launches what is missing
    refresh.update(Status="Successful", PercentageComplete=100, InstancesToUpdate=0,
                   EndTime=datetime.datetime.now(datetime.timezone.utc))


@mend("autoscaling", "DescribeInstanceRefreshes")
def describe_refreshes(call):
    """API_DescribeInstanceRefreshes.html: the newest first."""
    wanted = call.params.get("InstanceRefreshIds")
    found = call.store("refreshes").get(call.params["AutoScalingGroupName"], [])
    for refresh in found:
        if refresh["Status"] == "InProgress" and time.monotonic() >= refresh["_due"]:
            _replace(call, refresh)
    chosen = [r for r in found if not wanted or r["InstanceRefreshId"] in wanted]
    return {"InstanceRefreshes": [{k: v for k, v in r.items() if k != "_due"}
                                  for r in chosen[:call.params.get("MaxRecords", 50)]]}


@mend("autoscaling", "CancelInstanceRefresh")
def cancel_refresh(call):
    """API_CancelInstanceRefresh.html."""
    for refresh in call.store("refreshes").get(call.params["AutoScalingGroupName"], []):
        if refresh["Status"] == "InProgress":
            refresh["Status"] = "Cancelled"
            return {"InstanceRefreshId": refresh["InstanceRefreshId"]}
    raise AwsError("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto "
                   f"Scaling group {call.params['AutoScalingGroupName']}")
