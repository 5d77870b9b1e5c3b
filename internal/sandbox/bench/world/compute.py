"""Launch templates, groups and single instances. Instances of a group come and go, and are left out."""

from account import only, plain, tag_map, without


def launch_templates(a):
    a.default_versions = {}
    for template in a.all("ec2", "describe_launch_templates", "LaunchTemplates"):
        name = template["LaunchTemplateName"]
        version = a.all("ec2", "describe_launch_template_versions", "LaunchTemplateVersions",
                        LaunchTemplateId=template["LaunchTemplateId"], Versions=["$Default"])[0]
        data = version["LaunchTemplateData"]
        data["UserData"] = plain(data.get("UserData"))
        a.default_versions[template["LaunchTemplateId"]] = str(version["VersionNumber"])
        # Its numbers count attempts.
        a.add("launch-template", name, {"name": name, "Tags": template.get("Tags", []), "default version": data},
              [template["LaunchTemplateId"]])


def instances(a):
    for reservation in a.all("ec2", "describe_instances", "Reservations"):
        for instance in reservation["Instances"]:
            tags = {t["Key"]: t["Value"] for t in instance.get("Tags", [])}
            ended = instance["State"]["Name"] in ("terminated", "shutting-down")
            if ended or "aws:autoscaling:groupName" in tags:
                continue
            doc = only(instance, "ImageId", "InstanceType", "SubnetId", "KeyName", "MetadataOptions", "Monitoring",
                       "EbsOptimized", "Tags")
            doc["state"] = instance["State"]["Name"]
            doc["security groups"] = [group["GroupId"] for group in instance["SecurityGroups"]]
            doc["profile"] = instance.get("IamInstanceProfile", {}).get("Arn")
            doc["has a public address"] = bool(instance.get("PublicIpAddress"))
            attribute = a.ask("ec2", "describe_instance_attribute", InstanceId=instance["InstanceId"], Attribute="userData")
            doc["user data"] = plain(attribute.get("UserData", {}).get("Value"))
            volumes = [mapping["Ebs"]["VolumeId"] for mapping in instance["BlockDeviceMappings"]]
            doc["disks"] = [only(volume, "Size", "VolumeType", "Encrypted", "Tags") for volume in
                            a.all("ec2", "describe_volumes", "Volumes", VolumeIds=volumes)] if volumes else []
            a.add("instance", "untagged", doc, [instance["InstanceId"]])


def groups(a):
    for group in a.all("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"):
        name = group["AutoScalingGroupName"]
        doc = without(group, "AutoScalingGroupARN", "Instances", "Status")
        a.alias(group["AutoScalingGroupARN"], f"auto-scaling-group {name} ARN")
        for template in _templates(group):
            if template.get("Version") in (a.default_versions.get(template.get("LaunchTemplateId")), "$Default"):
                template["Version"] = "the default one"
        doc["subnets"] = sorted(doc.pop("VPCZoneIdentifier", "").split(","))
        doc["Tags"] = [only(tag, "Key", "Value") for tag in group["Tags"]]
        doc["tags for instances"] = tag_map([t for t in group["Tags"] if t.get("PropagateAtLaunch")])
        doc["hooks"] = [without(hook, "AutoScalingGroupName") for hook in a.ask(
            "autoscaling", "describe_lifecycle_hooks", "LifecycleHooks", AutoScalingGroupName=name)]
        a.add("auto-scaling-group", name, doc)
    for policy in a.all("autoscaling", "describe_policies", "ScalingPolicies"):
        a.add("scaling-policy", policy["PolicyName"], without(policy, "PolicyARN", "Alarms"), [policy["PolicyARN"]])


def _templates(group):
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    yield from (t for t in (group.get("LaunchTemplate"), mixed.get("LaunchTemplateSpecification")) if t)


READERS = [launch_templates, instances, groups]
