"""ECS: clusters and services that keep what they are given, refuse what ECS refuses, and are shown as they are by now."""

import time
import uuid

from moto.ecs.exceptions import TaskDefinitionNotFoundException

from gateway.errors import AwsError
from gateway.registry import mend
from stern import account as stern

from . import ecs_play as play

INVALID = "InvalidParameterException"
CONFIGURATION = {"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING",
                 "deploymentCircuitBreaker": {"enable": False, "rollback": False}}
# What an update changes without a new deployment, and what makes one: API_UpdateService.html.
SETTINGS = ("desiredCount", "deploymentConfiguration", "healthCheckGracePeriodSeconds", "propagateTags", "enableExecuteCommand",
            "enableECSManagedTags", "availabilityZoneRebalancing")
REVISED = ("taskDefinition", "networkConfiguration", "loadBalancers", "platformVersion", "capacityProviderStrategy",
           "serviceRegistries", "placementConstraints", "placementStrategy", "serviceConnectConfiguration",
           "volumeConfigurations")


def cluster_of(call, name=None):
    """An active cluster, by name or ARN."""
    cluster = call.backend("ecs").clusters.get((name or call.params.get("cluster") or "default").split("/")[-1])
    if cluster is None or cluster.status != "ACTIVE":
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return cluster


def service_of(call, name=None):
    """A service that is there, by name or ARN."""
    key = cluster_of(call).name, (name or call.params["service"]).split("/")[-1]
    found = play.services(call).get(key)
    if found is None:
        raise AwsError("ServiceNotFoundException", "Service not found.")
    return found


@mend("ecs", "CreateCluster")
def create_cluster(call):
    """API_CreateCluster.html: a cluster that is there stays as it is, and is the answer."""
    name = call.params.get("clusterName") or "default"
    cluster = call.backend().clusters.get(name)
    if cluster is not None and cluster.status == "ACTIVE":
        return {"cluster": call.ask("DescribeClusters", clusters=[name], include=["SETTINGS", "TAGS", "CONFIGURATIONS"])[
            "clusters"][0]}


@mend("ecs", "UpdateClusterSettings")
def cluster_settings(call):
    """API_UpdateClusterSettings.html: those that are given change."""
    cluster = cluster_of(call, call.params["cluster"])
    given = {s["name"]: s["value"] for s in call.params["settings"]}
    cluster.settings = [{"name": n, "value": v} for n, v in ({s["name"]: s["value"] for s in cluster.settings} | given).items()]
    return {"cluster": call.ask("DescribeClusters", clusters=[cluster.name], include=["SETTINGS"])["clusters"][0]}


@mend("ecs", "DeleteCluster")
def delete_cluster(call):
    """API_DeleteCluster.html: services and tasks must be gone first."""
    play.play(call)
    cluster = cluster_of(call, call.params["cluster"])
    mine = [s for (name, _), s in play.services(call).items() if name == cluster.name and s["status"] != "INACTIVE"]
    if mine:
        raise AwsError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
    if any(t.last_status not in ("STOPPED", "DEPROVISIONING") for t in call.backend().tasks.get(cluster.name, {}).values()):
        raise AwsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")


def _check(call, wanted):
    """What CreateService and UpdateService look up: API_CreateService.html."""
    try:
        definition = play.definition(call, wanted["taskDefinition"])
    except TaskDefinitionNotFoundException:
        raise AwsError("ClientException", "TaskDefinition not found.") from None
    if definition.status != "ACTIVE":
        raise AwsError("ClientException", "TaskDefinition is inactive")
    wanted["taskDefinition"] = definition.arn
    if definition.network_mode == "awsvpc" and not wanted.get("networkConfiguration"):
        raise AwsError(INVALID, "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    config = wanted["deploymentConfiguration"]
    if not 0 <= config.get("bakeTimeInMinutes", 0) <= 1440:
        raise AwsError(INVALID, "bakeTimeInMinutes must be from 0 to 1440.")
    for balancer in wanted.get("loadBalancers", []):
        _check_balancer(call, definition, config, balancer)


def _check_balancer(call, definition, config, balancer):
    names = {c["name"]: [p["containerPort"] for p in c.get("portMappings", [])] for c in definition.container_definitions}
    name, port = balancer.get("containerName"), balancer.get("containerPort")
    if name not in names:
        raise AwsError(INVALID, f"The container {name} does not exist in the task definition.")
    if port not in names[name]:
        raise AwsError(INVALID, f"The container {name} did not have a container port {port} defined.")
    from .elbv2_health import is_used
    more = balancer.get("advancedConfiguration") or {}
    wanted = [balancer.get("targetGroupArn")] + ([more.get("alternateTargetGroupArn")] if more else [])
    for arn in wanted:
        if arn not in call.backend("elbv2").target_groups:
            raise AwsError(INVALID, f"The target group with targetGroupArn {arn} does not exist.")
        if not is_used(call.backend("elbv2"), arn):
            raise AwsError(INVALID, f"The target group with targetGroupArn {arn} does not have an associated load balancer.")
    if config.get("strategy") == "BLUE_GREEN":
        missing = [k for k in ("alternateTargetGroupArn", "productionListenerRule", "roleArn") if not more.get(k)]
        if missing:
            raise AwsError(INVALID, f"A BLUE_GREEN deployment needs {', '.join(missing)} in advancedConfiguration.")
        rules = {r.arn for b in call.backend("elbv2").load_balancers.values() for listener in b.listeners.values()
                 for r in listener.rules.values()}
        for rule in filter(None, (more["productionListenerRule"], more.get("testListenerRule"))):
            if rule not in rules:
                raise AwsError(INVALID, f"The listener rule {rule} does not exist.")


def _revision(call, service):
    """API_ServiceRevision.html: what a deployment deploys."""
    service["_count"] += 1
    made = play.definition(call, service["taskDefinition"])
    kept = {k: service[k] for k in ("loadBalancers", "networkConfiguration", "launchType", "platformVersion",
                                    "capacityProviderStrategy") if service.get(k)}
    revision = kept | {
        "serviceRevisionArn": play.arn(call, "service-revision", service["_cluster"], service["serviceName"],
                                       str(7000000000000000000 + service["_count"])),
        "serviceArn": service["serviceArn"], "clusterArn": service["clusterArn"], "taskDefinition": service["taskDefinition"],
        "containerImages": [{"containerName": c["name"], "image": c["image"]} for c in made.container_definitions],
        "guardDutyEnabled": False, "createdAt": play.now()}
    service["_revisions"].append(revision)
    return revision


@mend("ecs", "CreateService")
def create(call):
    """API_CreateService.html: the name is free, what it names exists and fits; all that is given is kept."""
    play.play(call)
    given, cluster = call.params, cluster_of(call)
    p, key = dict(given), (cluster.name, given["serviceName"])
    old = play.services(call).get(key)
    if old and old["status"] == "DRAINING":
        raise AwsError(INVALID, "Unable to Start a service that is still Draining.")
    if old and old["status"] == "ACTIVE":
        if given.get("clientToken") and given == old["_given"]:
            return {"service": show(old)}
        raise AwsError(INVALID, "Creation of service was not idempotent.")
    if not p.get("taskDefinition"):
        raise AwsError(INVALID, "TaskDefinition cannot be null or empty.")
    p["deploymentConfiguration"] = CONFIGURATION | p.get("deploymentConfiguration", {})
    _check(call, p)
    p.pop("tags", None)
    call.params = {k: v for k, v in call.params.items() if k not in ("deploymentConfiguration", "loadBalancers")}
    call.next()  # moto's own, for what looks through its models: tags, resource groups
    service = {
        "launchType": None if p.get("capacityProviderStrategy") else "EC2", "schedulingStrategy": "REPLICA", "desiredCount": 0,
        "deploymentController": {"type": "ECS"}, "serviceRegistries": [], "loadBalancers": [], "propagateTags": "NONE",
        "enableExecuteCommand": False, "enableECSManagedTags": False, "placementConstraints": [], "placementStrategy": [],
        "availabilityZoneRebalancing": "ENABLED", "healthCheckGracePeriodSeconds": 0 if p.get("loadBalancers") else None}
    service |= {k: v for k, v in p.items() if k not in ("cluster", "clientToken", "role")}
    service |= {"serviceArn": play.arn(call, "service", *key), "clusterArn": cluster.arn, "status": "ACTIVE", "events": [],
                "createdAt": play.now(), "roleArn": p.get("role") or (
                    f"arn:aws:iam::{call.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
                "_cluster": cluster.name, "_given": given, "_deployments": [], "_revisions": [], "_tasks": [],
                "_live": None, "_group": 0, "_count": 0}
    play.services(call)[key] = service
    play.begin(call, service, _revision(call, service))
    return {"service": show(service)}


@mend("ecs", "UpdateService")
def update(call):
    """API_UpdateService.html: what is not given stays; a revision that differs, and who asks for it, gets a deployment."""
    play.play(call)
    p, service = call.params, service_of(call)
    if service["status"] != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    new = {k: p[k] for k in SETTINGS + REVISED if k in p}
    if "deploymentConfiguration" in new:
        new["deploymentConfiguration"] = service["deploymentConfiguration"] | new["deploymentConfiguration"]
    wanted = service | new
    _check(call, wanted)
    changed = any(k in p and service.get(k) != wanted[k] for k in REVISED)
    service |= {k: wanted[k] for k in new}
    if changed or p.get("forceNewDeployment"):
        play.begin(call, service, _revision(call, service))
    call.backend().services[f"{service['_cluster']}:{service['serviceName']}"].desired_count = service["desiredCount"]
    play.play(call)
    return {"service": show(service)}


@mend("ecs", "DeleteService")
def delete(call):
    """API_DeleteService.html: scaled down first, or by force; it is DRAINING while its tasks stop, then INACTIVE."""
    play.play(call)
    service, force = service_of(call), call.params.get("force")
    if service["desiredCount"] > 0 and not force:
        raise AwsError(INVALID, "The service cannot be stopped while it is scaled above 0.")
    if running := play.current(service):
        if not force:
            raise AwsError(INVALID, "The service cannot be stopped while deployments are active.")
        play.finish(service, running, "STOPPED", "The service was deleted.")
    for task in play.tasks_of(service):
        play.stop(call, service, task, "Service scheduler initiated: the service was deleted")
    held = stern.settings(call)
    seconds = held.real(play.DRAINS) if held is not None and held.slow else play.LENIENT
    service |= {"status": "DRAINING", "desiredCount": 0, "_until": time.monotonic() + seconds}
    call.backend().services.pop(f"{service['_cluster']}:{service['serviceName']}", None)
    return {"service": show(service)}


@mend("ecs", "DescribeServices")
def describe(call):
    """API_DescribeServices.html: ten at most; those that are INACTIVE too, and what is missing apart."""
    if len(call.params["services"]) > 10:
        raise AwsError(INVALID, "Services cannot have more than 10 elements.")
    play.play(call)
    cluster, found, failures = cluster_of(call), [], []
    for name in call.params["services"]:
        service = play.services(call).get((cluster.name, name.split("/")[-1]))
        if service is None:
            failures.append({"arn": play.arn(call, "service", cluster.name, name.split("/")[-1]), "reason": "MISSING"})
            continue
        shown = show(service)
        if "TAGS" in call.params.get("include", []):
            model = call.backend().services.get(f"{cluster.name}:{service['serviceName']}")
            shown["tags"] = list(model.tags) if model else []
        found.append(shown)
    return {"services": found, "failures": failures}


@mend("ecs", "ListServices")
def listed(call):
    """API_ListServices.html: those that are not INACTIVE."""
    play.play(call)
    name, kind = cluster_of(call).name, call.params.get("launchType")
    return {"serviceArns": [s["serviceArn"] for (cluster, _), s in play.services(call).items() if cluster == name and s[
        "status"] != "INACTIVE" and kind in (None, s.get("launchType"))]}


def show(service):
    """A service as it is by now: API_Service.html."""
    running = play.current(service)
    live = [r for r in (running and running["_target"], service["_live"]) if r]
    shown = {k: v for k, v in service.items() if not k.startswith("_") and v is not None and k != "taskDefinition"}
    target = running["_source"] if running and running["status"] == "ROLLBACK_IN_PROGRESS" else running and running["_target"]
    return shown | {
        "taskDefinition": (target or service)["taskDefinition"], "pendingCount": _pending(service, running),
        "runningCount": len(play.tasks_of(service)), "deployments": _deployments(service, running),
        "currentServiceRevisions": [{"arn": r["serviceRevisionArn"], "requestedTaskCount": service["desiredCount"],
                                     "runningTaskCount": len(play.tasks_of(service, r)), "pendingTaskCount": 0} for r in live],
    } | ({"currentServiceDeployment": running["serviceDeploymentArn"]} if running else {})


def _pending(service, running):
    if running is None:
        return 0
    return max(0, service["desiredCount"] - len(play.tasks_of(service, running["_target"])))


def _deployments(service, running):
    """API_Deployment.html: the PRIMARY one, and the ACTIVE one that it replaces."""
    last = running or next(iter(service["_deployments"]), None)
    if last is None or service["status"] != "ACTIVE":
        return []
    back = last["status"] in ("ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL")
    first, second = (last["_source"], last["_target"]) if back else (last["_target"], last["_source"])
    failed = last["status"] in ("STOPPED", "ROLLBACK_FAILED")
    state = "IN_PROGRESS" if running else "FAILED" if failed else "COMPLETED"
    shown = [_deployment(service, last, first, "PRIMARY", state, 0 if back else last["_failed"])]
    if second and (running or failed):
        shown.append(_deployment(service, last, second, "ACTIVE", "FAILED" if back else "COMPLETED",
                                 last["_failed"] if back else 0))
    return shown


def _deployment(service, last, revision, status, state, failed):
    running = len(play.tasks_of(service, revision))
    wanted = service["desiredCount"] if status == "PRIMARY" or last["status"] in play.ACTIVE else running
    kept = {k: revision[k] for k in ("launchType", "platformVersion", "networkConfiguration") if revision.get(k)}
    other = uuid.uuid5(uuid.NAMESPACE_URL, revision["serviceRevisionArn"]).int % 10**19
    key = last["_id"] if status == "PRIMARY" else f"ecs-svc/{other}"
    return kept | {"id": key, "status": status, "taskDefinition": revision["taskDefinition"], "desiredCount": wanted,
                   "runningCount": running, "pendingCount": max(0, wanted - running) if state == "IN_PROGRESS" else 0,
                   "failedTasks": failed, "createdAt": last["createdAt"], "updatedAt": last["updatedAt"], "rolloutState": state,
                   "rolloutStateReason": last.get("statusReason") or f"ECS deployment {key} {state.lower().replace('_', ' ')}."}
