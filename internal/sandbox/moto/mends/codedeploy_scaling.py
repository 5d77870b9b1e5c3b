"""CodeDeploy and Auto Scaling: the hook at each launch, the release that a new instance gets, those that lag behind."""

import uuid

from gateway.registry import mend

from .codedeploy_around import installed, key_of, members
from .codedeploy_play import ACTIVE, create, play

PAGE = "https://docs.aws.amazon.com/codedeploy/latest/userguide/integrations-aws-auto-scaling.html"
PREFIX = "CodeDeploy-managed-automatic-launch-deployment-hook"


def hooks(call, names, old=()):
    """The groups of a deployment group with their hooks: one is put on each that has none, and taken from those that
    are no longer in it."""
    backend, known = call.backend("autoscaling"), {g["name"]: g for g in old}
    for gone in set(known) - set(names):
        backend.delete_lifecycle_hook(gone, known[gone]["hook"])
    shown = []
    for name in names:
        hook = known.get(name, {}).get("hook")
        if hook is None:
            hook = f"{PREFIX}-{call.params.get('deploymentGroupName') or 'group'}-{uuid.uuid4()}"
            backend.create_lifecycle_hook(hook, name, "autoscaling:EC2_INSTANCE_LAUNCHING", 600, "ABANDON")
        shown.append({"name": name, "hook": hook})
    return shown


def hooked(call, name):
    """The deployment group whose hook is on an Auto Scaling group, or None."""
    there = call.backend("autoscaling").lifecycle_hooks
    for group in call.store("groups", "codedeploy").values():
        for held in group["autoScalingGroups"]:
            if held["name"] == name and f"{name}_{held['hook']}" in there:
                return group
    return None


def launched(call, scaling, state):
    """An instance was launched: it waits until it has the last release that was well."""
    group = hooked(call, scaling.name)
    if group is None or not group.get("targetRevision"):
        return
    state.lifecycle_state = "Pending:Wait"
    create(call, group, "autoscaling", group["targetRevision"], only=[state.instance.id])


def arrived(call, group, deployment, well):
    """The first deployment of an instance has come to its end."""
    from .autoscaling_instances import end

    for scaling in call.backend("autoscaling").autoscaling_groups.values():
        for state in list(scaling.instance_states):
            if state.instance.id != deployment["_only"][0] or state.lifecycle_state != "Pending:Wait":
                continue
            if well:
                state.lifecycle_state = "InService"
                join(call, scaling, state)
                if not _busy(call, group):
                    outdated(call, group, deployment)
            else:
                end(call, scaling, state, "a lifecycle hook that was abandoned")


def join(call, scaling, state):
    """Registers an instance in the group's target groups."""
    for arn in scaling.target_group_arns:
        if arn in call.backend("elbv2").target_groups:
            call.backend("elbv2").register_targets(arn, [{"Id": state.instance.id}])


def _busy(call, group):
    return any(d["status"] in ACTIVE and d["creator"] != "autoscaling" for d in call.store(
        "deployments", "codedeploy").values() if d["deploymentGroupName"] == group["deploymentGroupName"])


def outdated(call, group, deployment):
    """A deployment was well: instances that were launched during it and have another release are brought up."""
    if group.get("outdatedInstancesStrategy") != "UPDATE" or _busy(call, group):
        return
    wanted = key_of(group["targetRevision"])
    behind = [s.instance.id for s in members(call, group) if installed(call).get(s.instance.id) not in (None, wanted)]
    if behind:
        create(call, group, "CodeDeployAutoUpdate", group["targetRevision"], only=behind,
               updateOutdatedInstancesOnly=True)


@mend("autoscaling", "DescribeAutoScalingGroups", "DescribeAutoScalingInstances", "DescribeInstanceRefreshes", "ExitStandby")
def meanwhile(call):
    """integrations-aws-auto-scaling.html: instances come into service when their deployment has ended."""
    play(call)


@mend("elbv2", "DescribeTargetHealth")
def traffic(call):
    """deployments-... BlockTraffic and AllowTraffic have been done as far as the deployment has come."""
    play(call)


@mend("autoscaling", "CompleteLifecycleAction")
def complete(call):
    """API_CompleteLifecycleAction.html: the instance goes on, or is ended."""
    from .autoscaling import group_of
    from .autoscaling_instances import end

    scaling = group_of(call)
    for state in list(scaling.instance_states):
        if state.instance.id == call.params.get("InstanceId") and state.lifecycle_state == "Pending:Wait":
            if call.params["LifecycleActionResult"] == "CONTINUE":
                state.lifecycle_state = "InService"
                join(call, scaling, state)
            else:
                end(call, scaling, state, "a lifecycle hook that was abandoned")
    return {}
