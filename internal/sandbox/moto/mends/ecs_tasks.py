"""ECS: the tasks of a service, which run or have failed, and their places in target groups. No container runs here."""

import random
import uuid

from .codedeploy_around import now


def arn(call, kind, *parts):
    """The ARN of something of ECS."""
    return f"arn:aws:ecs:{call.region}:{call.account}:{kind}/" + "/".join(parts)


def definition(call, name):
    """moto's model of a task definition."""
    return call.backend("ecs").describe_task_definition(name)


def tasks_of(service, revision=None):
    """The tasks that run, of one revision or of all."""
    return [t for t in service["_tasks"] if t["lastStatus"] == "RUNNING" and revision in (None, t["_revision"])]


def start(call, service, revision, deployment, failure=None):
    """A task, which runs, or has failed."""
    made, key = definition(call, revision["taskDefinition"]), uuid.uuid4().hex
    address = f"10.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(4, 250)}"
    containers = [{"name": c["name"], "image": c["image"], "lastStatus": "RUNNING", "networkInterfaces": [],
                   "taskArn": arn(call, "task", service["_cluster"], key)} for c in made.container_definitions]
    task = {"taskArn": arn(call, "task", service["_cluster"], key), "clusterArn": service["clusterArn"], "createdAt": now(),
            "startedAt": now(), "taskDefinitionArn": made.arn, "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
            "group": f"service:{service['serviceName']}", "startedBy": deployment["_id"], "containers": containers,
            "launchType": service.get("launchType", "EC2"), "healthStatus": "UNKNOWN", "version": 3, "attachments": [],
            "enableExecuteCommand": service.get("enableExecuteCommand", False), "connectivity": "CONNECTED",
            "_revision": revision, "_address": address, "_group": deployment["_green"]}
    if service.get("networkConfiguration"):
        task["attachments"] = [{"id": str(uuid.uuid4()), "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [
            {"name": "privateIPv4Address", "value": address}]}]
    service["_tasks"].insert(0, task)
    if failure:
        task |= {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stoppedAt": now(), "stopCode": "EssentialContainerExited",
                 "stoppedReason": failure.get("log") or "Essential container in task exited"}
        for container in containers:
            container |= {"lastStatus": "STOPPED", "exitCode": 1}
    else:
        _target(call, service, task, "register_targets")
    del service["_tasks"][200:]
    return task


def stop(call, service, task, why):
    """A task is taken out of its target group, and ended."""
    task |= {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stoppedAt": now(), "stopCode": "ServiceSchedulerInitiated",
             "stoppedReason": why}
    for container in task["containers"]:
        container |= {"lastStatus": "STOPPED", "exitCode": 0}
    _target(call, service, task, "deregister_targets")


def _target(call, service, task, what):
    backend = call.backend("elbv2")
    for balancer in service.get("loadBalancers", []):
        arns = [balancer.get("targetGroupArn"), (balancer.get("advancedConfiguration") or {}).get("alternateTargetGroupArn")]
        group = backend.target_groups.get(arns[task["_group"]])
        if group is not None and group.target_type == "ip":
            getattr(backend, what)(group.arn, [{"Id": task["_address"], "Port": balancer["containerPort"]}])
