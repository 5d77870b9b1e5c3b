"""ECS: the service deployments and service revisions of a service, and the tasks that it runs."""

import time

from gateway.errors import AwsError
from gateway.registry import mend

from . import ecs_play as play
from .ecs import cluster_of, service_of

INVALID = "InvalidParameterException"
BRIEF = ("serviceDeploymentArn", "serviceArn", "clusterArn", "startedAt", "createdAt", "finishedAt", "status", "statusReason")


@mend("ecs", "ListServiceDeployments")
def listed(call):
    """API_ListServiceDeployments.html: newest first; by status and by when they were made."""
    play.play(call)
    service, wanted, made = service_of(call), call.params.get("status"), call.params.get("createdAt") or {}
    found = [d for d in service["_deployments"] if (not wanted or d["status"] in wanted) and (
        "after" not in made or d["createdAt"] >= made["after"]) and ("before" not in made or d["createdAt"] <= made["before"])]
    return {"serviceDeployments": [{k: d[k] for k in BRIEF if k in d} | {
        "targetServiceRevisionArn": d["_target"]["serviceRevisionArn"]} for d in found[:call.params.get("maxResults", 20)]]}


def _find(call, arn):
    for service in play.services(call).values():
        for deployment in service["_deployments"]:
            if deployment["serviceDeploymentArn"] == arn:
                return service, deployment
    return None, None


@mend("ecs", "DescribeServiceDeployments")
def described(call):
    """API_DescribeServiceDeployments.html: twenty at most; what is missing apart."""
    if len(call.params["serviceDeploymentArns"]) > 20:
        raise AwsError(INVALID, "serviceDeploymentArns cannot have more than 20 elements.")
    play.play(call)
    found, failures = [], []
    for arn in call.params["serviceDeploymentArns"]:
        service, deployment = _find(call, arn)
        if deployment is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(_shown(service, deployment))
    return {"serviceDeployments": found, "failures": failures}


def _shown(service, deployment):
    """API_ServiceDeployment.html."""
    shown = {k: v for k, v in deployment.items() if not k.startswith("_")}
    shown["targetServiceRevision"] = _revision(service, deployment, deployment["_target"], True)
    source = [deployment["_source"]] if deployment["_source"] else []
    shown["sourceServiceRevisions"] = [_revision(service, deployment, r, False) for r in source]
    going = deployment["status"] in play.ACTIVE
    if play.strategy(service) == "BLUE_GREEN" and deployment["_stages"] and deployment["status"] != "PENDING":
        shown["lifecycleStage"] = deployment["_stages"][0]
    breaker = deployment["deploymentConfiguration"].get("deploymentCircuitBreaker") or {}
    enough = deployment["_failed"] >= play.threshold(service)
    shown["deploymentCircuitBreaker"] = {
        "failureCount": deployment["_failed"], "threshold": play.threshold(service), "status": "DISABLED" if not breaker.get(
            "enable") else "TRIGGERED" if enough else "MONITORING" if going else "MONITORING_COMPLETE"}
    alarms, fired = deployment["deploymentConfiguration"].get("alarms") or {}, deployment.get("_alarms", [])
    shown["alarms"] = {"alarmNames": alarms.get("alarmNames", []), "triggeredAlarmNames": fired, "status": (
        "DISABLED" if not alarms.get("enable") else "TRIGGERED" if fired else "MONITORING" if going else "MONITORING_COMPLETE")}
    return shown


def _revision(service, deployment, revision, target):
    running = len(play.tasks_of(service, revision))
    shifted = bool(deployment.get("_production")) == target
    shown = {"arn": revision["serviceRevisionArn"], "requestedTaskCount": service["desiredCount"] if target or running else 0,
             "runningTaskCount": running, "pendingTaskCount": 0}
    if play.strategy(service) == "BLUE_GREEN":
        shown |= {"requestedProductionTrafficWeight": 100.0 if shifted else 0.0,
                  "requestedTestTrafficWeight": 100.0 if bool(deployment.get("_test")) == target else 0.0}
    return shown


@mend("ecs", "StopServiceDeployment")
def stopped(call):
    """API_StopServiceDeployment.html: one that is under way is rolled back, or left where it is."""
    play.play(call)
    service, deployment = _find(call, call.params["serviceDeploymentArn"])
    if deployment is None:
        raise AwsError("ServiceDeploymentNotFoundException", "The service deployment cannot be found.")
    if deployment["status"] not in ("PENDING", "IN_PROGRESS"):
        raise AwsError("ConflictException", f"The service deployment is {deployment['status']} and cannot be stopped.")
    back = call.params.get("stopType", "ROLLBACK") == "ROLLBACK"
    deployment |= {"status": "ROLLBACK_REQUESTED" if back else "STOP_REQUESTED", "updatedAt": play.now(),
                   "_until": time.monotonic() + play.LENIENT}
    return {"serviceDeploymentArn": deployment["serviceDeploymentArn"]}


@mend("ecs", "DescribeServiceRevisions")
def revisions(call):
    """API_DescribeServiceRevisions.html."""
    known = {r["serviceRevisionArn"]: r for s in play.services(call).values() for r in s["_revisions"]}
    asked = call.params["serviceRevisionArns"]
    return {"serviceRevisions": [known[a] for a in asked if a in known],
            "failures": [{"arn": a, "reason": "MISSING"} for a in asked if a not in known]}


@mend("ecs", "ListTasks")
def tasks(call):
    """API_ListTasks.html: those that should run unless others are asked for; of a service, or of all."""
    play.play(call)
    p, name = call.params, cluster_of(call).name
    if p.get("serviceName"):
        mine = [service_of(call, p["serviceName"])]
    else:
        mine = [s for (cluster, _), s in play.services(call).items() if cluster == name]
    family, state = p.get("family"), p.get("desiredStatus", "RUNNING")
    found = [t["taskArn"] for s in mine for t in s["_tasks"] if t["desiredStatus"] == state and p.get("startedBy", t[
        "startedBy"]) == t["startedBy"] and (not family or f"task-definition/{family}:" in t["taskDefinitionArn"])]
    if p.get("serviceName") or p.get("containerInstance"):
        return {"taskArns": found}
    return {"taskArns": found + call.next()["taskArns"]}


@mend("ecs", "DescribeTasks")
def described_tasks(call):
    """API_DescribeTasks.html: those of services, and others."""
    play.play(call)
    known = {t["taskArn"].split("/")[-1]: t for s in play.services(call).values() for t in s["_tasks"]}
    asked = call.params["tasks"]
    mine = [known[k.split("/")[-1]] for k in asked if k.split("/")[-1] in known]
    call.params["tasks"] = [k for k in asked if k.split("/")[-1] not in known]
    answer = call.next() if call.params["tasks"] else {"tasks": [], "failures": []}
    answer["tasks"] = [{k: v for k, v in t.items() if not k.startswith("_")} for t in mine] + answer["tasks"]
    return answer


@mend("elbv2", "DescribeTargetHealth", "DescribeRules")
def traffic(call):
    """blue-green-deployment-how-it-works.html: targets and rules are as far as the deployments have come."""
    play.play(call)
