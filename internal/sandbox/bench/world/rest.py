"""Permissions, deployments, messages, logs and alarms."""

from account import policy, without


def permissions(a):
    for role in a.all("iam", "list_roles", "Roles"):
        name = role["RoleName"]
        role = a.ask("iam", "get_role", "Role", RoleName=name)
        doc = without(role, "RoleId", "Arn", "RoleLastUsed")
        doc["inline"] = {each: a.ask("iam", "get_role_policy", "PolicyDocument", RoleName=name, PolicyName=each)
                         for each in a.all("iam", "list_role_policies", "PolicyNames", RoleName=name)}
        doc["attached"] = [each["PolicyArn"] for each in
                           a.all("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)]
        a.add("role", name, doc)
    for profile in a.all("iam", "list_instance_profiles", "InstanceProfiles"):
        name = profile["InstanceProfileName"]
        profile = a.ask("iam", "get_instance_profile", "InstanceProfile", InstanceProfileName=name)
        doc = without(profile, "InstanceProfileId", "Arn")
        doc["Roles"] = [role["RoleName"] for role in profile["Roles"]]
        a.add("instance-profile", name, doc, [profile["InstanceProfileId"]])
    for own in a.all("iam", "list_policies", "Policies", Scope="Local"):
        a.add("policy", own["PolicyName"], without(own, "PolicyId", "Arn"), [own["PolicyId"]])


def deployments(a):
    for name in a.all("codedeploy", "list_applications", "applications"):
        application = a.ask("codedeploy", "get_application", "application", applicationName=name)
        region = a.client("codedeploy").meta.region_name
        arn = f"arn:aws:codedeploy:{region}:{a.number}"
        tags = a.ask("codedeploy", "list_tags_for_resource", "Tags", ResourceArn=f"{arn}:application:{name}")
        doc = without(application, "applicationId") | {"Tags": tags}
        a.add("codedeploy-application", name, doc, [application["applicationId"]])
        for group_name in a.all("codedeploy", "list_deployment_groups", "deploymentGroups", applicationName=name):
            group = a.ask("codedeploy", "get_deployment_group", "deploymentGroupInfo", applicationName=name,
                          deploymentGroupName=group_name)
            tags = a.ask("codedeploy", "list_tags_for_resource", "Tags", ResourceArn=f"{arn}:deploymentgroup:{name}/{group_name}")
            doc = without(group, "deploymentGroupId", "lastSuccessfulDeployment", "lastAttemptedDeployment",
                          "targetRevision") | {"Tags": tags}
            a.add("codedeploy-deployment-group", f"{name} {group_name}", doc, [group["deploymentGroupId"]])


def messages(a):
    for topic in a.all("sns", "list_topics", "Topics"):
        arn = topic["TopicArn"]
        doc = without(a.ask("sns", "get_topic_attributes", "Attributes", TopicArn=arn), "TopicArn", "Owner",
                      "SubscriptionsConfirmed", "SubscriptionsPending", "SubscriptionsDeleted", "EffectiveDeliveryPolicy")
        doc["Policy"] = policy(doc.get("Policy"))
        doc["subscriptions"] = [f"{each['Protocol']} {each['Endpoint']}" for each in
                                a.all("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)]
        doc["Tags"] = a.ask("sns", "list_tags_for_resource", "Tags", ResourceArn=arn)
        a.add("topic", arn.rpartition(":")[2], doc)


def logs(a):
    for group in a.all("logs", "describe_log_groups", "logGroups"):
        arn = f"arn:aws:logs:{a.client('logs').meta.region_name}:{a.number}:log-group:{group['logGroupName']}"
        doc = without(group, "arn", "logGroupArn", "creationTime", "storedBytes", "metricFilterCount")
        doc["tags"] = a.ask("logs", "list_tags_for_resource", "tags", resourceArn=arn)
        a.add("log-group", group["logGroupName"], doc)


def alarms(a):
    for alarm in a.all("cloudwatch", "describe_alarms", "MetricAlarms"):
        doc = without(alarm, "AlarmArn", "StateReason", "StateReasonData", "StateValue")
        doc["Tags"] = a.ask("cloudwatch", "list_tags_for_resource", "Tags", ResourceARN=alarm["AlarmArn"])
        a.add("alarm", alarm["AlarmName"], doc)


READERS = [permissions, deployments, messages, logs, alarms]
