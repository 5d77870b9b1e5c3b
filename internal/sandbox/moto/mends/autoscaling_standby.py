"""Auto Scaling groups: instances that are on standby for a while, and processes that are suspended."""

from gateway.errors import AwsError
from gateway.registry import mend

from .autoscaling import group_of
from .autoscaling_instances import note, suspended
from .codedeploy_scaling import join

PROCESSES = {"Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck", "InstanceRefresh",
             "ReplaceUnhealthy", "ScheduledActions"}


@mend("autoscaling", "SuspendProcesses", "ResumeProcesses")
def processes(call):
    """API_SuspendProcesses.html: nine processes; all of them when none is named."""
    group_of(call)
    unknown = set(call.params.get("ScalingProcesses", [])) - PROCESSES
    if unknown:
        raise AwsError("ValidationError", f"Provided scaling process types are not supported: {', '.join(sorted(unknown))}")


def _given(call, group, state):
    """The instances that a call is about, all of which must be in a state."""
    there, asked = {s.instance.id: s for s in group.instance_states}, call.params.get("InstanceIds", [])
    for key in asked:
        if key not in there:
            raise AwsError("ValidationError", f"The instance {key} is not part of Auto Scaling group {group.name}.")
        if there[key].lifecycle_state != state:
            raise AwsError("ValidationError", f"The instance {key} is in {there[key].lifecycle_state}, it must be in {state}.")
    return [there[key] for key in asked]


def _room(group, desired, what):
    if not group.min_size <= desired <= group.max_size:
        raise AwsError("ValidationError", f"AutoScalingGroup {group.name} has min-size={group.min_size}, max-size={group.max_size}, "
                       f"and desired-size={group.desired_capacity}. To {what}, please update the AutoScalingGroup sizes "
                       "appropriately.")


@mend("autoscaling", "EnterStandby")
def enter(call):
    """API_EnterStandby.html, userguide as-enter-exit-standby.html: instances in service leave their target groups; the
    desired capacity may go down with them, and not below the minimum, or others are launched for them."""
    group = group_of(call)
    states, before = _given(call, group, "InService"), group.desired_capacity
    if call.params["ShouldDecrementDesiredCapacity"]:
        _room(group, before - len(states), f"place into standby {len(states)} instance(s)")
    answer = call.next()
    for state in states:
        for arn in group.target_group_arns:
            if arn in call.backend("elbv2").target_groups:
                call.backend("elbv2").deregister_targets(arn, [{"Id": state.instance.id}])
        note(group, f"Moving EC2 instance to Standby: {state.instance.id}", f"instance {state.instance.id} was moved to standby "
             f"in response to a user request, shrinking the capacity from {before} to {group.desired_capacity}.")
    return answer


@mend("autoscaling", "ExitStandby")
def leave(call):
    """API_ExitStandby.html: not while Launch is suspended; the desired capacity goes up, and not above the maximum; the
    instance is pending at first, and back in its target groups."""
    group = group_of(call)
    states, before = _given(call, group, "Standby"), group.desired_capacity
    if "Launch" in suspended(group):
        raise AwsError("ValidationError", f"The Launch process of Auto Scaling group {group.name} is suspended. Resume it to move "
                       "instances out of standby.")
    _room(group, before + len(states), f"move out of standby {len(states)} instance(s)")
    answer = call.next()
    for state in states:
        state.lifecycle_state = "Pending"
        if "AddToLoadBalancer" not in suspended(group) and state.instance.state == "running":
            join(call, group, state)
        note(group, f"Moving EC2 instance out of Standby: {state.instance.id}", f"instance {state.instance.id} was moved out of "
             f"standby in response to a user request, increasing the capacity from {before} to {group.desired_capacity}.")
    return answer
