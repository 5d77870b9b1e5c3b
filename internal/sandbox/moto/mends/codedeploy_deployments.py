"""CodeDeploy: deployments as clients see and steer them."""

import json

from gateway.errors import AwsError
from gateway.registry import mend

from .codedeploy import group_of
from .codedeploy_around import public
from .codedeploy_play import ACTIVE, create, play, stop

ENDED = ("Succeeded", "Failed", "Stopped")


@mend("codedeploy", "CreateDeployment")
def create_deployment(call):
    """API_CreateDeployment.html: one at a time in a group; a revision is named, or the group's last one."""
    name = call.params.get("deploymentGroupName")
    if not name:
        raise AwsError("DeploymentGroupNameRequiredException", "The deployment group name was not specified.")
    group = group_of(call, name)
    play(call)
    running = [d for d in call.store("deployments").values() if d["status"] in ACTIVE and d["creator"] != "autoscaling" and (
        d["applicationName"], d["deploymentGroupName"]) == (group["applicationName"], name)]
    if running:
        raise AwsError("DeploymentLimitExceededException", f"The Deployment Group '{name}' already has an active "
                       f"Deployment '{running[0]['deploymentId']}'")
    given = dict(call.params)
    revision = given.pop("revision", None) or group.get("targetRevision")
    if not revision:
        raise AwsError("RevisionRequiredException", "Revision is required.")
    location = revision.get("s3Location")
    if revision.get("revisionType") == "S3" and not (location and location.get("bucket") and location.get("key")):
        raise AwsError("InvalidRevisionException", "The revision was specified in an invalid format.")
    for own in ("applicationName", "deploymentGroupName"):
        given.pop(own)
    if not given.get("deploymentConfigName"):
        given.pop("deploymentConfigName", None)
    return {"deploymentId": create(call, group, "user", revision, **given)["deploymentId"]}


def _deployment(call):
    play(call)
    deployment = call.store("deployments").get(call.params["deploymentId"])
    if deployment is None:
        raise AwsError("DeploymentDoesNotExistException", f"No deployment found for id: {call.params['deploymentId']}")
    return deployment


@mend("codedeploy", "GetDeployment")
def get_deployment(call):
    """API_DeploymentInfo.html."""
    return {"deploymentInfo": public(_deployment(call))}


@mend("codedeploy", "BatchGetDeployments")
def get_deployments(call):
    """API_BatchGetDeployments.html: at most 25."""
    if len(call.params["deploymentIds"]) > 25:
        raise AwsError("BatchLimitExceededException", "The maximum number of names or IDs allowed for this request is 25.")
    play(call)
    found = [call.store("deployments").get(i) for i in call.params["deploymentIds"]]
    return {"deploymentsInfo": [public(d) for d in found if d]}


@mend("codedeploy", "ListDeployments")
def list_deployments(call):
    """API_ListDeployments.html: an application and a group are named together; the newest first."""
    play(call)
    p = call.params
    if ("applicationName" in p) != ("deploymentGroupName" in p):
        code = "DeploymentGroupNameRequiredException" if "applicationName" in p else "ApplicationNameRequiredException"
        raise AwsError(code, "Application name and deployment group name must be given together.")
    if "applicationName" in p:
        group_of(call, p["deploymentGroupName"])
    wanted, created = p.get("includeOnlyStatuses"), p.get("createTimeRange") or {}
    return {"deployments": [d["deploymentId"] for d in reversed(call.store("deployments").values()) if
                            p.get("applicationName", d["applicationName"]) == d["applicationName"] and
                            p.get("deploymentGroupName", d["deploymentGroupName"]) == d["deploymentGroupName"] and
                            (not wanted or d["status"] in wanted) and _within(d["createTime"], created)]}


def _within(when, span):
    def seconds(t):
        return t.timestamp() if hasattr(t, "timestamp") else float(t)

    return (span.get("start") is None or when.timestamp() >= seconds(span["start"])) and (
        span.get("end") is None or when.timestamp() <= seconds(span["end"]))


@mend("codedeploy", "StopDeployment")
def stop_deployment(call):
    """API_StopDeployment.html: with autoRollbackEnabled the instances go back to what they had."""
    deployment = _deployment(call)
    if deployment["status"] in ENDED:
        raise AwsError("DeploymentAlreadyCompletedException", "The deployment has already been completed.")
    stop(call, deployment, call.params.get("autoRollbackEnabled"))
    return {"status": "Succeeded", "statusMessage": "No more events will be processed."}


@mend("codedeploy", "ListDeploymentTargets")
def list_targets(call):
    """API_ListDeploymentTargets.html: filters TargetStatus and ServerInstanceLabel."""
    deployment, wanted = _deployment(call), (call.params.get("targetFilters") or {}).get("TargetStatus")
    _started(deployment)
    return {"targetIds": [t["id"] for t in deployment["_targets"] if not wanted or t["status"] in wanted]}


@mend("codedeploy", "ListDeploymentInstances")
def list_instances(call):
    """API_ListDeploymentInstances.html."""
    deployment, wanted = _deployment(call), call.params.get("instanceStatusFilter")
    return {"instancesList": [t["id"] for t in deployment["_targets"] if not wanted or t["status"] in wanted]}


def _started(deployment):
    if deployment["status"] in ("Created", "Queued"):
        raise AwsError("DeploymentNotStartedException", "The specified deployment has not started.")


def _target(call, deployment, target):
    return {"deploymentTargetType": "InstanceTarget", "instanceTarget": {
        "deploymentId": deployment["deploymentId"], "targetId": target["id"], "status": target["status"],
        "targetArn": f"arn:aws:ec2:{call.region}:{call.account}:instance/{target['id']}", "lastUpdatedAt": target["at"],
        "lifecycleEvents": [dict(e) for e in target["events"]], "instanceLabel": "Blue"}}


@mend("codedeploy", "BatchGetDeploymentTargets")
def get_targets(call):
    """API_BatchGetDeploymentTargets.html: at most 25, each of which must be one of the deployment's."""
    deployment, ids = _deployment(call), call.params.get("targetIds", [])
    _started(deployment)
    if len(ids) > 25:
        raise AwsError("InvalidDeploymentTargetIdException", "The target ID provided was not valid.")
    known = {t["id"]: t for t in deployment["_targets"]}
    if any(i not in known for i in ids):
        raise AwsError("DeploymentTargetDoesNotExistException", "The provided target ID does not belong to the attempted "
                       "deployment.")
    return {"deploymentTargets": [_target(call, deployment, known[i]) for i in ids]}


@mend("codedeploy", "GetDeploymentTarget")
def get_target(call):
    """API_GetDeploymentTarget.html."""
    call.params["targetIds"] = [call.params.pop("targetId")]
    return {"deploymentTarget": get_targets(call)["deploymentTargets"][0]}


def control(call, method, body):
    """Answers /moto-api/deploys: what is to go wrong, and what is installed where by now. It holds for one account."""
    if method == "POST":
        given = json.loads(body or b"{}")
        unknown = set(given) - {"event_seconds", "hold", "failures", "silent", "commands"}
        if unknown:
            return 400, {"error": f"unknown: {', '.join(sorted(unknown))}"}
        call.store("control")["now"] = given
    play(call)
    return 200, {"installed": dict(call.store("installed"))}
