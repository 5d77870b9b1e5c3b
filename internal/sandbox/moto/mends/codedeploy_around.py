"""What CodeDeploy looks at around its deployments: instances, target groups, alarms, archives, topics, and what a test
wants to happen."""

import datetime


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def control(call):
    """What a test wants to happen."""
    return call.store("control", "codedeploy").get("now", {})


def installed(call):
    """The revision that each instance has."""
    return call.store("installed", "codedeploy")


def key_of(revision):
    """What a revision is called by: its key in S3."""
    return (revision.get("s3Location") or {}).get("key", "")


def public(deployment):
    """A deployment as it is shown."""
    return {k: v for k, v in deployment.items() if not k.startswith("_")}


def there(call, location):
    """Whether the archive of a revision is in its bucket."""
    bucket = call.backend("s3").buckets.get(location.get("bucket"))
    return bucket is not None and bucket.keys.get(location.get("key")) is not None


def members(call, group):
    """The instances that a deployment goes to: those in service or in standby."""
    groups = call.backend("autoscaling").autoscaling_groups
    return [s for g in group["autoScalingGroups"] if g["name"] in groups for s in groups[g["name"]].instance_states
            if s.lifecycle_state in ("InService", "Standby", "Pending") and s.instance.state == "running"]


def runs(call, key):
    instance = next((i for r in call.backend("ec2").reservations.values() for i in r.instances if i.id == key), None)
    return instance is not None and instance.state == "running"


def target_groups(call, group):
    names = [g["name"] for g in ((group or {}).get("loadBalancerInfo") or {}).get("targetGroupInfoList", [])]
    return [t for t in call.backend("elbv2").target_groups.values() if t.name in names]


def alarmed(call, group, deployment):
    alarms = deployment.get("overrideAlarmConfiguration") or group.get("alarmConfiguration") or {}
    known = call.backend("cloudwatch").alarms
    return alarms.get("enabled") and any(
        a["name"] in known and known[a["name"]].state_value == "ALARM" for a in alarms.get("alarms", []))


def tell(call, group, deployment, event):
    """monitoring-sns-event-notifications-json-format.html."""
    for trigger in group.get("triggerConfigurations", []):
        arn, sns = trigger.get("triggerTargetArn"), call.backend("sns")
        if event in trigger.get("triggerEvents", []) and arn in sns.topics:
            sns.publish(f'{{"eventTriggerName": "{trigger.get("triggerName")}", "applicationName": '
                        f'"{group["applicationName"]}", "deploymentId": "{deployment["deploymentId"]}", "status": '
                        f'"{deployment["status"].upper()}"}}', arn, subject=f"{event}: {deployment['deploymentId']}")
