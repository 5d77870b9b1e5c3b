"""ECS service deployments as they go on: tasks that start and stop, traffic that is shifted, what is taken back. Nothing
runs by itself: whoever looks at a service, a deployment or a task moves everything to where it is by now. What a test
wants to go wrong it says as for CodeDeploy: an event is a lifecycle stage, a version a part of an image's or a task
definition's name."""

import random
import time
import uuid

from stern import account as stern

from .codedeploy_around import control, now
from .ecs_tasks import arn, definition, start, stop, tasks_of

ACTIVE = ("PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")
BLUE_GREEN = ("PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT",
              "PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP")
ROLLING = ("SCALE_UP", "CLEAN_UP")
BACK = ("PRODUCTION_TRAFFIC_SHIFT", "CLEAN_UP")
# Seconds that a stage takes; BAKE_TIME takes what the service says. In an account that is not stern, less.
TAKES = {"SCALE_UP": 60, "TEST_TRAFFIC_SHIFT": 15, "PRODUCTION_TRAFFIC_SHIFT": 15, "CLEAN_UP": 60}
USUAL, LENIENT, BAKES, DRAINS = 2, 0.1, 300.0, 45


def services(call):
    """All services, by cluster and name."""
    return call.store("services", "ecs")


def strategy(service):
    return service["deploymentConfiguration"].get("strategy", "ROLLING")


def begin(call, service, revision):
    """A deployment of a revision; one that is under way is stopped by it."""
    stages = list(BLUE_GREEN if strategy(service) == "BLUE_GREEN" else ROLLING)
    if running := current(service):
        finish(service, running, "STOPPED", "The deployment was stopped because a newer deployment started.")
        stages.insert(0, "RECONCILE_SERVICE")
    source = service["_live"]
    service["_deployments"].insert(0, {
        "serviceDeploymentArn": arn(call, "service-deployment", service["_cluster"], service["serviceName"], _id()),
        "serviceArn": service["serviceArn"], "clusterArn": service["clusterArn"], "createdAt": now(), "updatedAt": now(),
        "status": "PENDING", "deploymentConfiguration": service["deploymentConfiguration"], "_stages": stages,
        "_source": source, "_target": revision, "_failed": 0, "_until": time.monotonic() + 0.05,
        "_id": f"ecs-svc/{random.randint(10**18, 10**19 - 1)}", "_green": _other(service), "_blue": service["_group"]})


def _id():
    return uuid.uuid4().hex[:22]


def _other(service):
    """Which of a service's two target groups the next revision gets: 0 or 1."""
    return 0 if service["_live"] is None or strategy(service) != "BLUE_GREEN" else 1 - service["_group"]


def current(service):
    """The deployment that is under way, or None."""
    return next((d for d in service["_deployments"] if d["status"] in ACTIVE), None)


def finish(service, deployment, status, reason=None):
    """The end of a deployment."""
    deployment |= {"status": status, "finishedAt": now(), "updatedAt": now(), "_stages": []}
    if reason:
        deployment["statusReason"] = reason
    if status == "STOPPED":
        deployment["stoppedAt"] = now()


def play(call):
    """Moves all services to where they are by now."""
    for service in services(call).values():
        for _ in range(1000):
            if not _step(call, service):
                break


def _step(call, service):
    if service["status"] == "DRAINING":
        if service["_until"] <= time.monotonic():
            service["status"] = "INACTIVE"
        return False
    deployment = current(service)
    if deployment is None:
        _scale(call, service)
        return False
    if deployment["_until"] > time.monotonic():
        return False
    deployment["updatedAt"] = now()
    if deployment["status"] == "PENDING":
        deployment |= {"status": "IN_PROGRESS", "startedAt": now()}
        return _wait(call, service, deployment)
    if deployment["status"] == "STOP_REQUESTED":
        finish(service, deployment, "STOPPED", "The deployment was stopped by a user request.")
        return True
    if deployment["status"] == "ROLLBACK_REQUESTED":
        return turn(call, service, deployment, "The deployment was rolled back by a user request.")
    if deployment["status"] == "IN_PROGRESS" and (alarms := _alarmed(call, service)):
        deployment["_alarms"] = alarms
        return _fail(call, service, deployment, f"Service deployment rolled back because alarm(s) {', '.join(alarms)} "
                     "were detected.", service["deploymentConfiguration"]["alarms"]["rollback"])
    return _stage(call, service, deployment)


def _wait(call, service, deployment):
    """The time of the stage that begins where the last one ended, however late that is seen."""
    stage = deployment["_stages"][0] if deployment["_stages"] else None
    held, given = stern.settings(call), control(call).get("event_seconds")
    seconds = TAKES.get(stage, USUAL)
    if stage == "BAKE_TIME":
        seconds = 60 * service["deploymentConfiguration"].get("bakeTimeInMinutes", 0)
    if held is not None and held.slow:
        real = held.real(seconds)
    else:
        real = min(1.0, seconds / BAKES) if stage == "BAKE_TIME" else LENIENT
    deployment["_until"] += real if given is None or stage == "BAKE_TIME" and held is None else given
    return True


def _stage(call, service, deployment):
    """Ends the stage that is under way."""
    if not deployment["_stages"]:
        return False
    stage = deployment["_stages"][0]
    if control(call).get("hold") == stage:
        deployment["_until"] = time.monotonic()
        return False
    back = deployment["status"] == "ROLLBACK_IN_PROGRESS"
    failure = None if back else _failure(call, service, deployment, stage)
    if failure and stage == "SCALE_UP":
        return _crash(call, service, deployment, failure)
    if failure:
        return _fail(call, service, deployment, f"Service deployment rolled back because of a failed lifecycle hook at "
                     f"{stage}: {failure.get('log', '')}", True)
    (_undo if back else _do)(call, service, deployment, stage)
    deployment["_stages"].pop(0)
    if deployment["_stages"]:
        return _wait(call, service, deployment)
    finish(service, deployment, "ROLLBACK_SUCCESSFUL" if back else "SUCCESSFUL")
    say(service, f"(service {service['serviceName']}) has reached a steady state.")
    return True


def _failure(call, service, deployment, stage):
    images = [c["image"] for c in definition(call, deployment["_target"]["taskDefinition"]).container_definitions]
    names = images + [deployment["_target"]["taskDefinition"]]
    return next((f for f in control(call).get("failures", []) if f["event"] == stage and any(
        f.get("version", "") in name for name in names)), None)


def _crash(call, service, deployment, failure):
    """deployment-circuit-breaker.html: tasks fail to start, one after the other, until the breaker says that it is enough."""
    task = start(call, service, deployment["_target"], deployment, failure)
    say(service, f"(service {service['serviceName']}) has started 1 tasks: (task {task['taskArn'].split('/')[-1]}).")
    deployment["_failed"] += 1
    breaker = service["deploymentConfiguration"].get("deploymentCircuitBreaker") or {}
    if strategy(service) == "ROLLING" and breaker.get("enable") and deployment["_failed"] >= threshold(service):
        return _fail(call, service, deployment, "Service deployment failed: tasks failed to start. ECS deployment circuit "
                     "breaker was triggered.", breaker.get("rollback"))
    return _wait(call, service, deployment)


def threshold(service):
    """API_ServiceDeploymentCircuitBreaker.html: half of the desired count, from 3 to 200."""
    return min(200, max(3, -(-service["desiredCount"] // 2)))


def _alarmed(call, service):
    alarms = service["deploymentConfiguration"].get("alarms") or {}
    known = call.backend("cloudwatch").alarms
    return [n for n in alarms.get("alarmNames", []) if alarms.get("enable") and n in known and known[n].state_value == "ALARM"]


def _fail(call, service, deployment, reason, back):
    if back:
        return turn(call, service, deployment, reason)
    finish(service, deployment, "STOPPED", reason)
    return True


def turn(call, service, deployment, reason):
    """From here on a deployment is taken back; the first one of a service cannot be."""
    if deployment["_source"] is None:
        finish(service, deployment, "ROLLBACK_FAILED", f"{reason} There is no earlier service revision to roll back to.")
        return True
    deployment |= {"status": "ROLLBACK_IN_PROGRESS", "statusReason": reason, "_stages": list(
        BACK if strategy(service) == "BLUE_GREEN" else ROLLING), "rollback": {
            "reason": reason, "startedAt": now(), "serviceRevisionArn": deployment["_source"]["serviceRevisionArn"]}}
    return _wait(call, service, deployment)


def _do(call, service, deployment, stage):
    """What a stage does that goes well."""
    if stage == "SCALE_UP":
        _level(call, service, deployment["_target"], deployment, service["desiredCount"])
    elif stage == "TEST_TRAFFIC_SHIFT":
        deployment["_test"] = True
        shift(call, service, "testListenerRule", deployment["_green"])
    elif stage == "PRODUCTION_TRAFFIC_SHIFT":
        deployment["_production"] = True
        shift(call, service, "productionListenerRule", deployment["_green"])
    elif stage == "RECONCILE_SERVICE":
        for rule in ("productionListenerRule", "testListenerRule"):
            shift(call, service, rule, deployment["_blue"])
        _stop_others(call, service, deployment["_source"], "Scaling activity initiated by deployment " + deployment["_id"])
    elif stage == "CLEAN_UP":
        service |= {"_live": deployment["_target"], "_group": deployment["_green"]}
        _stop_others(call, service, deployment["_target"], "Scaling activity initiated by deployment " + deployment["_id"])


def _undo(call, service, deployment, stage):
    if stage == "PRODUCTION_TRAFFIC_SHIFT":
        for rule in ("productionListenerRule", "testListenerRule"):
            shift(call, service, rule, deployment["_blue"])
        deployment["_production"] = deployment["_test"] = False
    elif stage == "SCALE_UP":
        _level(call, service, deployment["_source"], deployment, service["desiredCount"])
    elif stage == "CLEAN_UP":
        service["taskDefinition"] = deployment["_source"]["taskDefinition"]
        _stop_others(call, service, deployment["_source"], "Scaling activity initiated by deployment " + deployment["_id"])


def shift(call, service, name, group):
    """blue-green-deployment-how-it-works.html: the rule of a service forwards all of it to one of its target groups, and
    none to the other."""
    for balancer in service.get("loadBalancers", []):
        more = balancer.get("advancedConfiguration") or {}
        if not more.get(name):
            continue
        arns = (balancer["targetGroupArn"], more["alternateTargetGroupArn"])
        call.ask("ModifyRule", service="elbv2", RuleArn=more[name], Actions=[{"Type": "forward", "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": a, "Weight": 100 if i == group else 0} for i, a in enumerate(arns)]}}])


def _level(call, service, revision, deployment, count):
    """As many tasks of a revision as there should be."""
    there = tasks_of(service, revision)
    for _ in range(count - len(there)):
        start(call, service, revision, deployment)
    for task in there[max(count, 0):]:
        stop(call, service, task, "Scaling activity")


def _scale(call, service):
    """A service that has no deployment under way keeps its count; what is not wanted any more stops."""
    if service["status"] == "ACTIVE" and service["_live"] is not None and service["_deployments"]:
        _level(call, service, service["_live"], service["_deployments"][0], service["desiredCount"])


def _stop_others(call, service, revision, why):
    for task in [t for t in tasks_of(service) if t["_revision"] is not revision]:
        stop(call, service, task, why)


def say(service, message):
    """service-event-messages-list.html: the last hundred, newest first."""
    service["events"].insert(0, {"id": str(uuid.uuid4()), "createdAt": now(), "message": message})
    del service["events"][100:]
