"""CodeDeploy: applications and deployment groups that can be read, changed and removed."""

import uuid

from gateway.errors import AwsError
from gateway.registry import mend

from .codedeploy_play import play
from .codedeploy_scaling import hooks

LISTS = ("ec2TagFilters", "onPremisesInstanceTagFilters", "autoScalingGroups", "triggerConfigurations", "ecsServices")
CONFIGS = ("AllAtOnce", "HalfAtATime", "OneAtATime")
STYLE = {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"}


def _application(call):
    name = call.params["applicationName"]
    application = call.backend().applications.get(name)
    if application is None:
        raise AwsError("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return application


def group_of(call, name):
    application = _application(call)
    group = call.store("groups").get((application.application_name, name))
    if group is None:
        raise AwsError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
    return group


def _arn(call, kind, name):
    return f"arn:aws:codedeploy:{call.region}:{call.account}:{kind}:{name}"


def _check(call):
    """What CreateDeploymentGroup and UpdateDeploymentGroup look up in other services."""
    role = call.params.get("serviceRoleArn")
    if role and not any(r.arn == role for r in call.backend("iam").roles.values()):
        raise AwsError("InvalidRoleException", "AWS CodeDeploy does not have the permissions required to assume the "
                       f"role {role}.")
    groups = call.backend("autoscaling").autoscaling_groups
    for name in call.params.get("autoScalingGroups", []):
        if name not in groups:
            raise AwsError("InvalidAutoScalingGroupException", f"The Auto Scaling group {name} cannot be found")
    for trigger in call.params.get("triggerConfigurations", []):
        if trigger.get("triggerTargetArn") not in call.backend("sns").topics:
            raise AwsError("InvalidTriggerConfigException", "Topic ARN " + str(trigger.get("triggerTargetArn")) +
                           " is not valid")
    config = call.params.get("deploymentConfigName", "CodeDeployDefault.OneAtATime")
    if config.startswith("CodeDeployDefault.") and config.split(".")[1] not in CONFIGS:
        raise AwsError("DeploymentConfigDoesNotExistException", f"No deployment configuration found for name: {config}")
    rollback = call.params.get("autoRollbackConfiguration") or {}
    if "DEPLOYMENT_STOP_ON_ALARM" in rollback.get("events", []) and not (
            call.params.get("alarmConfiguration") or {}).get("enabled"):
        raise AwsError("InvalidAutoRollbackConfigException", "Rollback on alarm needs an alarm configuration")


def _with_hook(call, group):
    """The Auto Scaling groups of a group whose hook is still there: one that was taken away is put back at an update."""
    there = call.backend("autoscaling").lifecycle_hooks
    return [g for g in group["autoScalingGroups"] if f"{g['name']}_{g['hook']}" in there]


@mend("codedeploy", "CreateDeploymentGroup")
def create_group(call):
    """API_CreateDeploymentGroup.html: the role, groups and topics must exist; defaults of what is not given."""
    application, name = _application(call), call.params["deploymentGroupName"]
    groups, key = call.store("groups"), (application.application_name, name)
    if key in groups:
        raise AwsError("DeploymentGroupAlreadyExistsException", f"Deployment group name already exists: {name}")
    _check(call)
    given = dict(call.params)
    tags = given.pop("tags", [])
    groups[key] = {"deploymentConfigName": "CodeDeployDefault.OneAtATime", "deploymentStyle": STYLE,
                   "outdatedInstancesStrategy": "UPDATE", "terminationHookEnabled": False,
                   **dict.fromkeys(LISTS, []), **given, "deploymentGroupId": str(uuid.uuid4()),
                   "computePlatform": application.compute_platform or "Server",
                   "autoScalingGroups": hooks(call, given.get("autoScalingGroups", []))}
    if tags:
        call.backend().tagger.tag_resource(_arn(call, "deploymentgroup", "/".join(key)),
                                           [{"Key": t["Key"], "Value": t.get("Value", "")} for t in tags])
    return {"deploymentGroupId": groups[key]["deploymentGroupId"]}


@mend("codedeploy", "UpdateDeploymentGroup")
def update_group(call):
    """API_UpdateDeploymentGroup.html: what is not given is kept, an empty list clears; the group may be renamed."""
    given = dict(call.params)
    application, old = given.pop("applicationName"), given.pop("currentDeploymentGroupName")
    group, groups = group_of(call, old), call.store("groups")
    new = given.pop("newDeploymentGroupName", old)
    if new != old and (application, new) in groups:
        raise AwsError("DeploymentGroupAlreadyExistsException", f"Deployment group name already exists: {new}")
    call.params.setdefault("alarmConfiguration", group.get("alarmConfiguration"))
    _check(call)
    if "autoScalingGroups" in given:
        given["autoScalingGroups"] = hooks(call, given["autoScalingGroups"], _with_hook(call, group))
    group |= given | {"deploymentGroupName": new}
    groups[application, new] = groups.pop((application, old))
    if new != old:
        tagger = call.backend().tagger
        tags = tagger.list_tags_for_resource(_arn(call, "deploymentgroup", f"{application}/{old}"))["Tags"]
        tagger.delete_all_tags_for_resource(_arn(call, "deploymentgroup", f"{application}/{old}"))
        tagger.tag_resource(_arn(call, "deploymentgroup", f"{application}/{new}"), tags)
    return {"hooksNotCleanedUp": []}


@mend("codedeploy", "GetDeploymentGroup")
def get_group(call):
    """API_DeploymentGroupInfo.html: Auto Scaling groups come with their hooks, and what was deployed last."""
    play(call)
    return {"deploymentGroupInfo": group_of(call, call.params["deploymentGroupName"])}


@mend("codedeploy", "BatchGetDeploymentGroups")
def get_groups(call):
    """API_BatchGetDeploymentGroups.html: those that are there."""
    application = _application(call).application_name
    found = [call.store("groups").get((application, n)) for n in call.params["deploymentGroupNames"]]
    return {"deploymentGroupsInfo": [g for g in found if g]}


@mend("codedeploy", "ListDeploymentGroups")
def list_groups(call):
    """API_ListDeploymentGroups.html."""
    name = _application(call).application_name
    return {"applicationName": name, "deploymentGroups": [g for a, g in call.store("groups") if a == name]}


@mend("codedeploy", "DeleteDeploymentGroup")
def delete_group(call):
    """API_DeleteDeploymentGroup.html: no error for a group that is not there."""
    key = call.params["applicationName"], call.params["deploymentGroupName"]
    group = call.store("groups").pop(key, None)
    if group:
        hooks(call, [], group["autoScalingGroups"])
    call.backend().tagger.delete_all_tags_for_resource(_arn(call, "deploymentgroup", "/".join(key)))
    return {"hooksNotCleanedUp": []}


@mend("codedeploy", "DeleteApplication")
def delete_application(call):
    """API_DeleteApplication.html: takes its groups along; no error for one that is not there."""
    name = call.params["applicationName"]
    call.backend().applications.pop(name, None)
    call.backend().tagger.delete_all_tags_for_resource(_arn(call, "application", name))
    for key in [k for k in call.store("groups") if k[0] == name]:
        hooks(call, [], call.store("groups").pop(key)["autoScalingGroups"])
        call.backend().tagger.delete_all_tags_for_resource(_arn(call, "deploymentgroup", "/".join(key)))
    return {}


@mend("codedeploy", "GetApplication", "BatchGetApplications")
def numbers(call):
    """API_ApplicationInfo.html: createTime is a number of seconds; linkedToGitHub, computePlatform Server if not said."""
    answer = call.next()
    for info in answer.get("applicationsInfo", [answer.get("application")]):
        info.setdefault("linkedToGitHub", False)
        info["computePlatform"] = info.get("computePlatform") or "Server"
    return answer


@mend("codedeploy", "TagResource", "UntagResource", "ListTagsForResource")
def tags_of_what_is(call):
    """API_TagResource.html: the application or the group must exist."""
    kind, _, name = call.params["ResourceArn"].split(":", 5)[-1].partition(":")
    there = name in call.backend().applications if kind == "application" else \
        tuple(name.split("/", 1)) in call.store("groups")
    if not there:
        code = "ApplicationDoesNotExistException" if kind == "application" else "DeploymentGroupDoesNotExistException"
        raise AwsError(code, f"No {kind} found for name: {name}")
