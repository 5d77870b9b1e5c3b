"""Auto Scaling groups: what they keep, what they refuse and what they show."""

from moto.core.exceptions import ServiceException

from gateway.errors import AwsError
from gateway.registry import mend

from .autoscaling_instances import end, settle, specification
from .ec2_instances import check, merged
from .ec2_templates import find, version_of

# What a group keeps as it was given, with the defaults of API_CreateAutoScalingGroup.html.
KEPT = {"DefaultCooldown": 300, "HealthCheckType": "EC2", "HealthCheckGracePeriod": 0, "CapacityRebalance": False,
        "TerminationPolicies": ["Default"], "NewInstancesProtectedFromScaleIn": False, "DefaultInstanceWarmup": None,
        "PlacementGroup": None, "MaxInstanceLifetime": None, "InstanceMaintenancePolicy": None, "Context": None,
        "DesiredCapacityType": None}
DISTRIBUTION = {"OnDemandAllocationStrategy": "prioritized", "OnDemandBaseCapacity": 0,
                "OnDemandPercentageAboveBaseCapacity": 100, "SpotAllocationStrategy": "lowest-price"}


def group_of(call, name=None):
    name = name or call.params["AutoScalingGroupName"]
    group = call.backend("autoscaling").autoscaling_groups.get(name)
    if group is None:
        raise AwsError("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return group


def _given(call, spec):
    """A LaunchTemplateSpecification with what is shown of it."""
    template = find(call, spec)
    version_of(call, {"LaunchTemplateId": template.id, "Version": spec.get("Version")})
    shown = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name}
    return shown | ({"Version": spec["Version"]} if spec.get("Version") else {})


def configuration(call, params, old=None):
    """LaunchTemplate or MixedInstancesPolicy of params over the old ones, checked as EC2 would at a launch."""
    old = dict(old or {})
    try:
        if params.get("LaunchTemplate"):
            new = {"LaunchTemplate": _given(call, params["LaunchTemplate"])}
        elif params.get("MixedInstancesPolicy"):
            policy = {**old.get("MixedInstancesPolicy", {}), **params["MixedInstancesPolicy"]}
            launch = dict(policy.get("LaunchTemplate") or {})
            launch["LaunchTemplateSpecification"] = _given(call, launch.get("LaunchTemplateSpecification") or {})
            launch.setdefault("Overrides", [])
            policy["LaunchTemplate"] = launch
            policy["InstancesDistribution"] = {**DISTRIBUTION, **policy.get("InstancesDistribution", {})}
            new = {"MixedInstancesPolicy": policy}
        else:
            return old
        spec = specification(new)
        kinds = [o for o in new.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("Overrides", [])] or [{}]
        for kind in kinds:
            wanted = {"LaunchTemplate": kind.get("LaunchTemplateSpecification") or spec}
            if kind.get("InstanceType"):
                wanted["InstanceType"] = kind["InstanceType"]
            check(call, merged(call, wanted)[0])
    except AwsError as error:
        raise AwsError("ValidationError", f"You must use a valid fully-formed launch template. {error.message}") from None
    except ServiceException as error:
        raise AwsError("ValidationError", f"You must use a valid fully-formed launch template. {error}") from None
    return new


def _sizes(low, desired, high):
    if low > high:
        raise AwsError("ValidationError", f"Max bound, {high}, must be greater than or equal to min bound, {low}")
    if not low <= desired <= high:
        raise AwsError("ValidationError", f"Desired capacity:{desired} must be between the specified min size:{low} and "
                       f"max size:{high}")


def _network(call, params):
    for subnet in filter(None, (params.get("VPCZoneIdentifier") or "").split(",")):
        if not any(subnet in zone for zone in call.backend("ec2").subnets.values()):
            raise AwsError("ValidationError", f"The subnet ID '{subnet}' does not exist")
    for arn in params.get("TargetGroupARNs", []):
        if arn not in call.backend("elbv2").target_groups:
            raise AwsError("ValidationError", "Provided Target Groups may not be valid. Please ensure they exist and try "
                           "again.")


@mend("autoscaling", "CreateAutoScalingGroup")
def create(call):
    """API_CreateAutoScalingGroup.html: the name is new, the template complete, sizes in order; all that is given is kept."""
    p, backend = call.params, call.backend()
    name = p["AutoScalingGroupName"]
    if name in backend.autoscaling_groups or name in call.store("leaving"):
        raise AwsError("AlreadyExists", f"AutoScalingGroup by this name already exists - A group with the name {name} "
                       "already exists")
    if ":" in name:
        raise AwsError("ValidationError", "Group name may not contain a colon")
    _sizes(p["MinSize"], p.get("DesiredCapacity", p["MinSize"]), p["MaxSize"])
    _network(call, p)
    held = configuration(call, p)
    answer = call.next()
    group = backend.autoscaling_groups[name]
    group._mend = {k: p.get(k, default) for k, default in KEPT.items()}
    group._mend_held, group._mend_activities, group._mend_refreshes = held, [], []
    settle(call, group)
    return answer


@mend("autoscaling", "UpdateAutoScalingGroup")
def update(call):
    """API_UpdateAutoScalingGroup.html: what is not given stays; the desired capacity keeps within the new bounds."""
    p, group = call.params, group_of(call)
    low, high = p.get("MinSize", group.min_size), p.get("MaxSize", group.max_size)
    desired = p.get("DesiredCapacity")
    if desired is None:
        desired = min(max(group.desired_capacity, low), max(high, low))
    _sizes(low, desired, high)
    _network(call, p)
    group._mend_held = configuration(call, p, group._mend_held)
    group.min_size, group.max_size, group.desired_capacity = low, high, desired
    if p.get("VPCZoneIdentifier"):
        group._set_azs_and_vpcs([], p["VPCZoneIdentifier"])
    group._mend |= {k: v for k, v in p.items() if k in KEPT}
    if p.get("DefaultInstanceWarmup") == -1:
        group._mend["DefaultInstanceWarmup"] = None
    settle(call, group)
    return {}


@mend("autoscaling", "SetDesiredCapacity")
def desired_capacity(call):
    """API_SetDesiredCapacity.html: within the bounds of the group."""
    group, wanted = group_of(call), call.params["DesiredCapacity"]
    for bound, word, outside in ((group.max_size, "above max", wanted > group.max_size),
                                 (group.min_size, "below min", wanted < group.min_size)):
        if outside:
            raise AwsError("ValidationError", f"New SetDesiredCapacity value {wanted} is {word} value {bound} for the "
                           "AutoScalingGroup.")
    group.desired_capacity = wanted
    settle(call, group)
    return {}


@mend("autoscaling", "DeleteAutoScalingGroup")
def delete(call):
    """API_DeleteAutoScalingGroup.html: with instances only by force; shown once more while it goes."""
    if call.params["AutoScalingGroupName"] in call.store("leaving"):
        return {}
    group = group_of(call)
    if group.instance_states and not call.params.get("ForceDelete"):
        raise AwsError("ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances or pending Spot "
                       "instance request(s) still in the group.")
    shown = call.ask("DescribeAutoScalingGroups", AutoScalingGroupNames=[group.name])["AutoScalingGroups"][0]
    for state in list(group.instance_states):
        end(call, group, state, "group deletion")
    del call.backend().autoscaling_groups[group.name]
    for key in [k for k in call.store("policies") if k[0] == group.name]:
        del call.store("policies")[key]
    call.store("leaving")[group.name] = shown | {"Status": "Delete in progress", "Instances": []}
    return {}


@mend("autoscaling", "DescribeAutoScalingGroups", "DescribeAutoScalingInstances")
def describe(call):
    """API_AutoScalingGroup.html: all that is kept; instances with the template version they were made from."""
    leaving = call.store("leaving")
    for group in call.backend().autoscaling_groups.values():
        settle(call, group)
    answer = call.next()
    for shown in answer.get("AutoScalingGroups", []):
        group = group_of(call, shown["AutoScalingGroupName"])
        for field in ("LaunchTemplate", "MixedInstancesPolicy", *KEPT):
            shown.pop(field, None)
        shown |= {k: v for k, v in group._mend.items() if v is not None} | group._mend_held
        shown["Instances"] = [_instance(s) for s in group.instance_states]
    asked = call.params.get("AutoScalingGroupNames")
    if "AutoScalingGroups" in answer and not call.params.get("NextToken"):
        for name in [n for n, shown in leaving.items() if (not asked or n in asked) and _tagged(shown, call.params)]:
            answer["AutoScalingGroups"].append(leaving.pop(name))
    states = {s.instance.id: s for g in call.backend().autoscaling_groups.values() for s in g.instance_states}
    for shown in answer.get("AutoScalingInstances", []):
        shown.pop("LaunchConfigurationName", None)
        shown |= _instance(states[shown["InstanceId"]])
    for group in call.backend().autoscaling_groups.values():
        for state in group.instance_states:  # looked at once more, they will have started
            if state.lifecycle_state == "Pending" and (not asked or group.name in asked):
                state.lifecycle_state = "InService"
    return answer


def _tagged(shown, params):
    tags = {t["Key"]: t.get("Value", "") for t in shown.get("Tags", [])}
    return all(tags.get(f["Name"][4:]) in f["Values"] for f in params.get("Filters", []) if f["Name"].startswith("tag:"))


def _instance(state):
    return {"InstanceId": state.instance.id, "InstanceType": state.instance.instance_type,
            "AvailabilityZone": state.instance._placement.zone, "LifecycleState": state.lifecycle_state,
            "HealthStatus": "Healthy" if state.health_status.lower() == "healthy" else "Unhealthy",
            "ProtectedFromScaleIn": bool(state.protected_from_scale_in),
            "LaunchTemplate": getattr(state, "_mend_template", None) or {}}


@mend("autoscaling", "SetInstanceHealth", "TerminateInstanceInAutoScalingGroup", "DetachInstances", "ExitStandby",
      "EnterStandby", "ResumeProcesses")
def settle_after(call):
    """userguide what-is-amazon-ec2-auto-scaling.html: the group keeps its desired capacity."""
    answer = call.next()
    for group in call.backend().autoscaling_groups.values():
        settle(call, group)
    return answer


@mend("autoscaling", "DescribeScalingActivities")
def activities(call):
    """API_DescribeScalingActivities.html: newest first."""
    name = call.params.get("AutoScalingGroupName")
    groups = [group_of(call, name)] if name else call.backend().autoscaling_groups.values()
    found = sorted((a for g in groups for a in g._mend_activities), key=lambda a: a["StartTime"], reverse=True)
    wanted = call.params.get("ActivityIds")
    found = [a for a in found if not wanted or a["ActivityId"] in wanted]
    return {"Activities": found[:call.params.get("MaxRecords", 100)]}
