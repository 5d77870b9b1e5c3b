"""CodeDeploy: deployment groups that can be read, changed and removed, and deployments that come to an end."""

import datetime
import uuid

from gateway.errors import AwsError
from gateway.registry import mend

LISTS = ("ec2TagFilters", "onPremisesInstanceTagFilters", "autoScalingGroups", "triggerConfigurations", "ecsServices")
CONFIGS = ("AllAtOnce", "HalfAtATime", "OneAtATime")
STYLE = {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"}


def _now():
    return datetime.datetime.now(datetime.timezone.utc)


def _application(call):
    name = call.params["applicationName"]
    application = call.backend().applications.get(name)
    if application is None:
        raise AwsError("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return application


def _group(call, name):
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


def _hooks(names, old=()):
    known = {g["name"]: g for g in old}
    return [known.get(n) or {"name": n, "hook": f"CodeDeploy-managed-automatic-launch-deployment-hook-{uuid.uuid4()}"}
            for n in names]


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
                   "autoScalingGroups": _hooks(given.get("autoScalingGroups", []))}
    if tags:
        call.backend().tagger.tag_resource(_arn(call, "deploymentgroup", "/".join(key)),
                                           [{"Key": t["Key"], "Value": t.get("Value", "")} for t in tags])
    return {"deploymentGroupId": groups[key]["deploymentGroupId"]}


@mend("codedeploy", "UpdateDeploymentGroup")
def update_group(call):
    """API_UpdateDeploymentGroup.html: what is not given is kept, an empty list clears; the group may be renamed."""
    given = dict(call.params)
    application, old = given.pop("applicationName"), given.pop("currentDeploymentGroupName")
    group, groups = _group(call, old), call.store("groups")
    new = given.pop("newDeploymentGroupName", old)
    if new != old and (application, new) in groups:
        raise AwsError("DeploymentGroupAlreadyExistsException", f"Deployment group name already exists: {new}")
    call.params.setdefault("alarmConfiguration", group.get("alarmConfiguration"))
    _check(call)
    if "autoScalingGroups" in given:
        given["autoScalingGroups"] = _hooks(given["autoScalingGroups"], group["autoScalingGroups"])
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
    """API_DeploymentGroupInfo.html: Auto Scaling groups come with their hooks."""
    return {"deploymentGroupInfo": _group(call, call.params["deploymentGroupName"])}


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
    call.store("groups").pop(key, None)
    call.backend().tagger.delete_all_tags_for_resource(_arn(call, "deploymentgroup", "/".join(key)))
    return {"hooksNotCleanedUp": []}


@mend("codedeploy", "DeleteApplication")
def delete_application(call):
    """API_DeleteApplication.html: takes its groups along; no error for one that is not there."""
    name = call.params["applicationName"]
    call.backend().applications.pop(name, None)
    call.backend().tagger.delete_all_tags_for_resource(_arn(call, "application", name))
    for key in [k for k in call.store("groups") if k[0] == name]:
        del call.store("groups")[key]
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


@mend("codedeploy", "CreateDeployment")
def create_deployment(call):
    """API_CreateDeployment.html: one at a time in a group."""
    name = call.params.get("deploymentGroupName")
    if not name:
        raise AwsError("DeploymentGroupNameRequiredException", "The deployment group name was not specified.")
    group, deployments = _group(call, name), call.store("deployments")
    running = [d for d in deployments.values() if (d["applicationName"], d["deploymentGroupName"]) == (
        group["applicationName"], name) and d["status"] in ("Created", "Queued", "InProgress")]
    if running:
        raise AwsError("DeploymentLimitExceededException", f"The Deployment Group '{name}' already has an active "
                       f"Deployment '{running[0]['deploymentId']}'")
    key = f"d-{uuid.uuid4().hex[:9].upper()}"
    kept = {k: group[k] for k in ("deploymentConfigName", "deploymentStyle", "loadBalancerInfo", "computePlatform",
                                  "autoRollbackConfiguration") if group.get(k) is not None}
    deployments[key] = kept | call.params | {
        "deploymentId": key, "status": "Created", "createTime": _now(), "creator": "user",
        "deploymentOverview": dict.fromkeys(("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready"), 0)}
    return {"deploymentId": key}


def _deployment(call):
    deployment = call.store("deployments").get(call.params["deploymentId"])
    if deployment is None:
        raise AwsError("DeploymentDoesNotExistException", f"No deployment found for id: {call.params['deploymentId']}")
    return deployment


def _advance(deployment):
    if deployment["status"] == "InProgress":
        deployment |= {"status": "Succeeded", "completeTime": _now()}
    if deployment["status"] == "Created":
        deployment |= {"status": "InProgress", "startTime": _now()}


@mend("codedeploy", "GetDeployment")
def get_deployment(call):
    """API_DeploymentInfo.html: Created, then InProgress, then Succeeded, a step each time it is looked at."""
    deployment = _deployment(call)
    answer = {"deploymentInfo": dict(deployment)}
    _advance(deployment)
    if deployment["status"] == "Succeeded":
        group = call.store("groups").get((deployment["applicationName"], deployment["deploymentGroupName"]))
        if group:
            last = {"deploymentId": deployment["deploymentId"], "status": "Succeeded",
                    "createTime": deployment["createTime"], "endTime": deployment["completeTime"]}
            group |= {"lastSuccessfulDeployment": last, "lastAttemptedDeployment": last,
                      "targetRevision": deployment.get("revision", {})}
    return answer


@mend("codedeploy", "BatchGetDeployments")
def get_deployments(call):
    """API_BatchGetDeployments.html."""
    found = [call.store("deployments").get(i) for i in call.params["deploymentIds"]]
    return {"deploymentsInfo": [d for d in found if d]}


@mend("codedeploy", "ListDeployments")
def list_deployments(call):
    """API_ListDeployments.html: an application and a group are named together."""
    p = call.params
    if ("applicationName" in p) != ("deploymentGroupName" in p):
        code = "DeploymentGroupNameRequiredException" if "applicationName" in p else "ApplicationNameRequiredException"
        raise AwsError(code, "Application name and deployment group name must be given together.")
    if "applicationName" in p:
        _group(call, p["deploymentGroupName"])
    wanted = p.get("includeOnlyStatuses")
    return {"deployments": [d["deploymentId"] for d in reversed(call.store("deployments").values()) if
                            p.get("applicationName", d["applicationName"]) == d["applicationName"] and
                            p.get("deploymentGroupName", d["deploymentGroupName"]) == d["deploymentGroupName"] and
                            (not wanted or d["status"] in wanted)]}


@mend("codedeploy", "StopDeployment")
def stop_deployment(call):
    """API_StopDeployment.html."""
    deployment = _deployment(call)
    if deployment["status"] in ("Succeeded", "Failed", "Stopped"):
        raise AwsError("DeploymentAlreadyCompletedException", "The deployment has already been completed.")
    deployment |= {"status": "Stopped", "completeTime": _now()}
    return {"status": "Succeeded", "statusMessage": "No more events will be processed."}
