"""Auto Scaling groups: how they start and end instances, and what they write down of it."""

import datetime
import math
import uuid

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.core.exceptions import ServiceException

from gateway.errors import AwsError

from .codedeploy_scaling import join, launched
from .ec2_instances import start
from .ec2_templates import version_of


def _only_note(group, capacity):
    group.desired_capacity = group.min_size if capacity is None else capacity


# Starting and ending instances is the matter of settle, below.
FakeAutoScalingGroup.set_desired_capacity = _only_note
FakeAutoScalingGroup.replace_autoscaling_group_instances = lambda group, count, tags: None
AutoScalingBackend.notify_terminate_instances = lambda backend, ids: None


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def specification(held):
    """The LaunchTemplateSpecification of a configuration, by id."""
    spec = held.get("LaunchTemplate") or held["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    return {k: v for k, v in spec.items() if k != "LaunchTemplateName"}


def note(group, description, cause, failure=None):
    """One more scaling activity that has come to its end."""
    group._mend_activities.append({
        "ActivityId": str(uuid.uuid4()), "AutoScalingGroupName": group.name, "AutoScalingGroupARN": group.arn,
        "Description": description, "Cause": cause, "StartTime": now(), "EndTime": now(), "Progress": 100,
        "StatusCode": "Failed" if failure else "Successful", "Details": "{}"} | (
            {"StatusMessage": failure} if failure else {}))


def suspended(group):
    """The names of the processes that are suspended."""
    return {p["ProcessName"] for p in group.suspended_processes}


def settle(call, group):
    """Ends and starts instances until the group has as many as it wants."""
    _replace_unhealthy(call, group)
    more = [r["_new"] for r in group._mend_refreshes if r.get("_new")]  # a refresh has one more for a while
    there = [s for s in group.instance_states if s not in more and s.lifecycle_state in ("InService", "Pending", "Pending:Wait")]
    extra = len(there) - group.desired_capacity
    for state in [s for s in there if not s.protected_from_scale_in][:max(extra, 0)]:
        if "Terminate" not in suspended(group):
            end(call, group, state, f"shrinking the capacity to {group.desired_capacity}")
    for _ in range(max(-extra, 0)):
        if "Launch" in suspended(group) or not launch(call, group, group._mend_held):
            break


def _replace_unhealthy(call, group):
    """userguide understand-how-suspending-processes-affects-other-processes.html, as-enter-exit-standby.html: what the
    health check found stays marked while it may not be replaced; instances on standby are not checked."""
    for state in list(group.instance_states):
        why = "an instance that was set unhealthy"
        if state.lifecycle_state == "Standby":
            continue
        if state.instance.state in ("terminated", "shutting-down", "stopped") and "HealthCheck" not in suspended(group):
            state.health_status = "Unhealthy"
            why = "an EC2 health check indicating it has been terminated or stopped"
        if state.health_status.lower() == "unhealthy" and not suspended(group) & {"ReplaceUnhealthy", "Terminate"}:
            end(call, group, state, why)


def _subnet(group):
    subnets = (group.vpc_zone_identifier or "").split(",")
    return min(subnets, key=lambda s: sum(i.instance.subnet_id == s for i in group.instance_states))


def launch(call, group, held):
    """One more instance of a configuration, in the subnet that has the fewest; its state, or None when that failed."""
    policy = held.get("MixedInstancesPolicy")
    spec, kind, spot = specification(held), None, False
    if policy:
        rules, there = policy["InstancesDistribution"], group.instance_states
        spots = sum(s.instance.lifecycle == "spot" for s in there)
        total, base = len(there) + 1, int(rules["OnDemandBaseCapacity"])
        share = int(rules["OnDemandPercentageAboveBaseCapacity"]) / 100
        spot = len(there) - spots >= base + math.ceil(max(total - base, 0) * share)
        kinds = policy["LaunchTemplate"]["Overrides"]
        if kinds:
            chosen = kinds[spots % len(kinds)] if spot else kinds[0]
            kind, spec = chosen.get("InstanceType"), chosen.get("LaunchTemplateSpecification") or spec
    tags = [{"Key": t["Key"], "Value": t["Value"]} for t in group.tags if t.get("PropagateAtLaunch")]
    tags.append({"Key": "aws:autoscaling:groupName", "Value": group.name})
    params = {"LaunchTemplate": spec, "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]}
    params |= {"InstanceType": kind} if kind else {}
    params |= {"SubnetId": _subnet(group)} if group.vpc_zone_identifier else {}
    params |= {"InstanceMarketOptions": {"MarketType": "spot"}} if spot else {}
    cause = "an instance was started in response to a difference between desired and actual capacity"
    try:
        instance = start(call, params, 1).instances[0]
    except (AwsError, ServiceException) as error:
        note(group, "Launching a new EC2 instance.", cause,
             f"{getattr(error, 'message', error)} Launching EC2 instance failed.")
        return None
    instance.autoscaling_group = group
    state = InstanceState(instance, "Pending", protected_from_scale_in=group._mend["NewInstancesProtectedFromScaleIn"])
    version = version_of(call, spec)
    state._mend_template = {"LaunchTemplateId": version.template.id, "LaunchTemplateName": version.template.name,
                            "Version": str(version.number)}
    group.instance_states.append(state)
    launched(call, group, state)
    if state.lifecycle_state == "Pending" and "AddToLoadBalancer" not in suspended(group):
        join(call, group, state)
    note(group, f"Launching a new EC2 instance: {instance.id}", cause)
    return state


def end(call, group, state, why):
    """Ends an instance of the group and takes it out of its target groups."""
    group.instance_states = [s for s in group.instance_states if s is not state]
    for arn in group.target_group_arns:
        if arn in call.backend("elbv2").target_groups:
            call.backend("elbv2").deregister_targets(arn, [{"Id": state.instance.id}])
    if state.instance.state != "terminated":
        call.backend("ec2").terminate_instances([state.instance.id])
    note(group, f"Terminating EC2 instance: {state.instance.id}",
         f"an instance was taken out of service in response to {why}.")
