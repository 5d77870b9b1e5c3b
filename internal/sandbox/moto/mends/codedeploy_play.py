"""CodeDeploy's deployments in place as they go on: instance after instance, event after event, on a clock. Nothing runs
by itself: whoever looks at a deployment, a group or a target moves everything to where it is by now."""

import time
import uuid

from stern import account as stern

from .codedeploy_around import alarmed, control, installed, key_of, members, now, runs, target_groups, tell, there

ACTIVE = ("Created", "Queued", "InProgress")
TRAFFIC = ("BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic")
SCRIPTS = ("ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall", "ApplicationStart",
           "ValidateService")
ALLOW = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
# Seconds that an event takes as a rule; BlockTraffic takes the target group's deregistration delay.
TAKES = {"AllowTraffic": 30, "DownloadBundle": 5, "ApplicationStart": 20, "ValidateService": 10}
USUAL, LENIENT, SILENCE = 2, 0.12, 40  # the last is how many events' time an agent is waited for
EMPTY = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")
WORDS = {
    "HEALTH_CONSTRAINTS": "The overall deployment failed because too many individual instances failed deployment, too "
                          "few healthy instances are available for deployment, or some instances in your deployment "
                          "group are experiencing problems.",
    "NO_INSTANCES": "The deployment failed because no instances were found for your deployment group.",
    "REVISION_MISSING": "The revision could not be found: it was deleted, or never there.",
    "ALARM_ACTIVE": "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and "
                    "the affected deployments have been stopped.",
}


def create(call, group, creator, revision, only=None, **given):
    """A deployment of a group, to be moved by play."""
    key = f"d-{uuid.uuid4().hex[:9].upper()}"
    kept = {k: group[k] for k in ("deploymentConfigName", "deploymentStyle", "loadBalancerInfo", "computePlatform",
                                  "autoRollbackConfiguration") if group.get(k) is not None}
    last = group.get("targetRevision")
    deployment = kept | given | {
        "applicationName": group["applicationName"], "deploymentGroupName": group["deploymentGroupName"],
        "deploymentId": key, "status": "Created", "createTime": now(), "creator": creator, "revision": revision,
        "deploymentOverview": dict.fromkeys(EMPTY, 0), "_targets": [], "_only": only, "_until": time.monotonic() + 0.1}
    if last:
        deployment["previousRevision"] = last
    call.store("deployments", "codedeploy")[key] = deployment
    tell(call, group, deployment, "DeploymentStart")
    return deployment


def play(call):
    """Moves all deployments to where they are by now."""
    deployments = call.store("deployments", "codedeploy")
    for _ in range(10000):
        due = [d for d in deployments.values() if d["status"] in ACTIVE and d["_until"] <= time.monotonic()]
        if not due or not any([_step(call, d) for d in due]):
            return


def _group(call, deployment):
    return call.store("groups", "codedeploy").get((deployment["applicationName"], deployment["deploymentGroupName"]))


def _takes(call, deployment, event):
    given = control(call).get("event_seconds")
    held = stern.of(call)
    if given is not None:
        return given
    if held is None or not held.slow:
        return LENIENT
    seconds = TAKES.get(event, USUAL)
    if event == "BlockTraffic":
        arns = list(target_groups(call, _group(call, deployment)))
        seconds = int(arns[0].attributes.get("deregistration_delay.timeout_seconds", 300)) if arns else USUAL
    return held.real(seconds)


def _step(call, deployment):
    """One step; False when it stands still."""
    group = _group(call, deployment)
    if group is None:
        return _end(call, deployment, "Failed", "DEPLOYMENT_GROUP_MISSING")
    if alarmed(call, group, deployment):
        return _end(call, deployment, "Stopped", "ALARM_ACTIVE")
    if deployment["status"] == "Created":
        deployment["status"] = "Queued"
        return True
    if deployment["status"] == "Queued":
        return _begin(call, group, deployment)
    target = next((t for t in deployment["_targets"] if t["status"] in ("Pending", "InProgress")), None)
    return _event(call, deployment, target)


def _begin(call, group, deployment):
    location = deployment["revision"].get("s3Location")
    if location and not there(call, location):
        return _end(call, deployment, "Failed", "REVISION_MISSING")
    ids = deployment["_only"] or [s.instance.id for s in members(call, group)]
    if not ids:
        return _end(call, deployment, "Failed", "NO_INSTANCES")
    waiting = deployment["creator"] == "autoscaling"
    events = SCRIPTS if waiting or not group.get("loadBalancerInfo") else TRAFFIC + SCRIPTS + ALLOW
    deployment["_targets"] = [{"id": i, "status": "Pending", "at": now(), "events": [
        {"lifecycleEventName": e, "status": "Pending"} for e in events]} for i in ids]
    deployment |= {"status": "InProgress", "startTime": now()}
    _count(deployment)
    return True


def _event(call, deployment, target):
    """Ends the event that is under way at a target, or begins its next one."""
    event = next((e for e in target["events"] if e["status"] in ("Pending", "InProgress")), None)
    name, begun = event["lifecycleEventName"], event["status"] == "InProgress"
    lost = target["id"] in control(call).get("silent", []) or not runs(call, target["id"])
    if not begun:
        target |= {"status": "InProgress", "at": now()}
        event |= {"status": "InProgress", "startTime": now()}
        deployment["_until"] += _takes(call, deployment, name) * (SILENCE if lost else 1)
        if name == "BlockTraffic":  # connections are drained as long as it lasts
            _do(call, deployment, target, name)
        _count(deployment)
        return True
    if control(call).get("hold") == name:
        deployment["_until"] = time.monotonic()
        return False
    failure = _failure(call, deployment, target, name)
    if lost:
        failure = {"code": "UnknownError", "log": "", "message": "CodeDeploy agent was not able to receive the lifecycle "
                   "event. Check the CodeDeploy agent logs on your host and make sure the agent is running and can "
                   "connect to the CodeDeploy server."}
    if failure:
        return _fail(call, deployment, target, event, failure)
    event |= {"status": "Succeeded", "endTime": now(), "diagnostics": {
        "errorCode": "Success", "scriptName": "", "message": "Succeeded", "logTail": ""}}
    if name != "BlockTraffic":
        _do(call, deployment, target, name)
    if event is target["events"][-1]:
        _leave(target, "Succeeded")
    _count(deployment)
    return _over(call, deployment)


def _failure(call, deployment, target, event):
    place = [t["id"] for t in deployment["_targets"]].index(target["id"]) + 1
    for failure in control(call).get("failures", []):
        if failure["event"] == event and failure.get("version", "") in key_of(deployment["revision"]) and \
                failure.get("nth", 0) in (0, place):
            return failure
    return None


def _fail(call, deployment, target, event, failure):
    script = failure.get("script", "")
    event |= {"status": "Failed", "endTime": now(), "diagnostics": {
        "errorCode": failure.get("code", "ScriptFailed"), "scriptName": script, "logTail": failure.get("log", "")[-4000:],
        "message": failure.get("message") or f"Script at specified location: {script} failed with exit code 1"}}
    _leave(target, "Failed")
    _count(deployment)
    targets = deployment["_targets"]
    failed = sum(t["status"] == "Failed" for t in targets)
    config = deployment.get("deploymentConfigName", "").rpartition(".")[2]
    may = {"AllAtOnce": len(targets) - 1, "HalfAtATime": len(targets) // 2}.get(config, 0)
    # deployment-configurations.html: OneAtATime succeeds although the last of several instances fails.
    spared = config == "OneAtATime" and len(targets) > 1 and target is targets[-1]
    if failed > may and not spared:
        return _end(call, deployment, "Failed", "HEALTH_CONSTRAINTS")
    return _over(call, deployment)


def _leave(target, status):
    target |= {"status": status, "at": now()}
    for event in target["events"]:
        if event["status"] in ("Pending", "InProgress"):
            event["status"] = "Skipped"


def _over(call, deployment):
    """Ends a deployment that has been to each instance."""
    if all(t["status"] not in ("Pending", "InProgress") for t in deployment["_targets"]):
        _end(call, deployment, "Succeeded")
    return True


def _do(call, deployment, target, event):
    """What an event does to the instance."""
    key, groups = target["id"], target_groups(call, _group(call, deployment))
    if event == "BlockTraffic":
        for group in groups:
            call.backend("elbv2").deregister_targets(group.arn, [{"Id": key}])
    elif event == "AllowTraffic":
        for group in groups:
            call.backend("elbv2").register_targets(group.arn, [{"Id": key}])
    elif event == "Install":
        installed(call)[key] = key_of(deployment["revision"])


def _end(call, deployment, status, error=None):
    """The end of a deployment, and what follows from it."""
    deployment |= {"status": status, "completeTime": now(), "_until": 0}
    if error:
        deployment["errorInformation"] = {"code": error, "message": WORDS.get(error, error)}
    for target in deployment["_targets"]:
        if target["status"] in ("Pending", "InProgress"):
            target |= {"status": "Skipped", "at": now()}
            for event in target["events"]:
                if event["status"] in ("Pending", "InProgress"):
                    event["status"] = "Skipped"
    _count(deployment)
    group = _group(call, deployment)
    if group is None:
        return True
    from . import codedeploy_scaling
    if deployment["creator"] == "autoscaling":
        codedeploy_scaling.arrived(call, group, deployment, status == "Succeeded")
    else:
        _book(group, deployment)
    tell(call, group, deployment, {"Succeeded": "DeploymentSuccess", "Stopped": "DeploymentStop"}.get(
        status, "DeploymentFailure"))
    if status != "Succeeded":
        _back(call, group, deployment, error)
    elif deployment["creator"] != "autoscaling":
        codedeploy_scaling.outdated(call, group, deployment)
    return True


def _book(group, deployment):
    last = {"deploymentId": deployment["deploymentId"], "status": deployment["status"],
            "createTime": deployment["createTime"], "endTime": deployment["completeTime"]}
    group["lastAttemptedDeployment"] = last
    if deployment["status"] == "Succeeded":
        group |= {"lastSuccessfulDeployment": last, "targetRevision": deployment["revision"]}


def _back(call, group, deployment, error):
    """deployments-rollback-and-redeploy.html: going back is a deployment of the last revision that was well."""
    rollback = deployment.get("autoRollbackConfiguration") or {}
    why = {"ALARM_ACTIVE": "DEPLOYMENT_STOP_ON_ALARM", "stopped": "DEPLOYMENT_STOP_ON_REQUEST"}.get(
        deployment.get("_why") or error, "DEPLOYMENT_FAILURE")
    wanted = deployment.get("_rollback") or rollback.get("enabled") and why in rollback.get("events", [])
    if not wanted or deployment["creator"] != "user" or not group.get("targetRevision"):
        return
    back = create(call, group, "codeDeployRollback", group["targetRevision"], description=(
        f"Roll back of deployment {deployment['deploymentId']}"))
    back["rollbackInfo"] = {"rollbackTriggeringDeploymentId": deployment["deploymentId"],
                            "rollbackMessage": "The deployment was triggered by a roll back."}
    deployment["rollbackInfo"] = {"rollbackDeploymentId": back["deploymentId"],
                                  "rollbackMessage": "A roll back was started."}
    tell(call, group, deployment, "DeploymentRollback")


def stop(call, deployment, back):
    """StopDeployment: what runs on an instance is not waited for."""
    deployment |= {"_why": "stopped", "_rollback": back}
    _end(call, deployment, "Stopped")


def _count(deployment):
    states = [t["status"] for t in deployment["_targets"]]
    deployment["deploymentOverview"] = {s: states.count(s) for s in EMPTY}
