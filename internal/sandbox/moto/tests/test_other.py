"""Topics, log groups, repositories, quotas and zones of types behave as AWS's API references say."""

import json
import os
import subprocess
import sys
import uuid

from conftest import refused


def test_topic(aws):
    tags = [{"Key": "a", "Value": "b"}]
    arn = aws.sns.create_topic(Name="alerts", Tags=tags)["TopicArn"]
    assert aws.sns.create_topic(Name="alerts", Tags=tags)["TopicArn"] == arn
    refused("InvalidParameter", aws.sns.create_topic, Name="alerts", Tags=[{"Key": "a", "Value": "c"}])
    refused("InvalidParameter", aws.sns.create_topic, Name="alerts", Attributes={"DisplayName": "x"})
    assert aws.sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags


def test_email_waits_for_its_reader(aws):
    arn = aws.sns.create_topic(Name="alerts")["TopicArn"]
    new = {"TopicArn": arn, "Protocol": "email", "Endpoint": "ops@example.com"}
    assert aws.sns.subscribe(**new)["SubscriptionArn"] == "pending confirmation"
    aws.sns.subscribe(**new)
    assert aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsPending"] == "1"
    found = aws.sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert [(s["SubscriptionArn"], s["Endpoint"]) for s in found] == [("PendingConfirmation", "ops@example.com")]
    refused("InvalidParameter", aws.sns.unsubscribe, SubscriptionArn="PendingConfirmation")
    found = aws.sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert [s["SubscriptionArn"].startswith(arn) for s in found] == [True]
    aws.sns.unsubscribe(SubscriptionArn=found[0]["SubscriptionArn"])
    aws.sns.delete_topic(TopicArn=arn)
    aws.sns.delete_topic(TopicArn=arn)
    refused("NotFound", aws.sns.get_topic_attributes, TopicArn=arn)


def test_topic_policy(aws):
    arn = aws.sns.create_topic(Name="alerts")["TopicArn"]
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Allow", "Action": "SNS:Publish", "Resource": arn,
                                                      "Principal": {"Service": "cloudwatch.amazonaws.com"}}]}
    aws.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy))
    shown = aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    assert json.loads(shown) == policy
    refused("InvalidParameter", aws.sns.set_topic_attributes, TopicArn=arn, AttributeName="Policy", AttributeValue="{")


def test_log_group(aws):
    new = {"logGroupName": "/app/one", "tags": {"a": "b"}}
    aws.logs.create_log_group(**new)
    refused("ResourceAlreadyExistsException", aws.logs.create_log_group, **new)
    refused("InvalidParameterException", aws.logs.put_retention_policy, logGroupName="/app/one", retentionInDays=31)
    aws.logs.put_retention_policy(logGroupName="/app/one", retentionInDays=30)
    group, = aws.logs.describe_log_groups(logGroupNamePrefix="/app/")["logGroups"]
    assert group["retentionInDays"] == 30 and group["arn"] == group["logGroupArn"] + ":*"
    assert aws.logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {"a": "b"}
    aws.logs.tag_resource(resourceArn=group["logGroupArn"], tags={"c": "d"})
    aws.logs.untag_resource(resourceArn=group["logGroupArn"], tagKeys=["a"])
    assert aws.logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {"c": "d"}
    aws.logs.delete_retention_policy(logGroupName="/app/one")
    assert "retentionInDays" not in aws.logs.describe_log_groups()["logGroups"][0]
    aws.logs.delete_log_group(logGroupName="/app/one")
    refused("ResourceNotFoundException", aws.logs.delete_log_group, logGroupName="/app/one")


def test_repository(aws):
    rules = json.dumps({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan",
                                                                    "countNumber": 10}, "action": {"type": "expire"}}]})
    new = {"repositoryName": "app", "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}}
    aws.ecr.create_repository(**new, tags=[{"Key": "a", "Value": "b"}])
    refused("RepositoryAlreadyExistsException", aws.ecr.create_repository, **new)
    aws.ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=rules)
    assert json.loads(aws.ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"]) == json.loads(rules)
    aws.ecr.put_image_scanning_configuration(repositoryName="app", imageScanningConfiguration={})
    found, = aws.ecr.describe_repositories(repositoryNames=["app"])["repositories"]
    assert found["imageTagMutability"] == "IMMUTABLE" and found["imageScanningConfiguration"] == {"scanOnPush": False}
    aws.ecr.put_image(repositoryName="app", imageTag="v1", imageManifest=json.dumps(
        {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": [],
         "config": {"digest": "sha256:" + "0" * 64, "size": 1, "mediaType": "application/json"}}))
    refused("RepositoryNotEmptyException", aws.ecr.delete_repository, repositoryName="app")
    aws.ecr.delete_repository(repositoryName="app", force=True)


def test_quotas(aws):
    found = aws.service_quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-F678F1CE")["Quota"]
    assert (found["QuotaName"], found["Value"]) == ("VPCs per Region", 5.0)
    refused("NoSuchResourceException", aws.service_quotas.get_service_quota, ServiceCode="vpc", QuotaCode="L-00000000")
    assert aws.service_quotas.list_service_quotas(ServiceCode="ec2")["Quotas"]


def test_offerings_by_zone(aws):
    for kind in ("t2.micro", "t3.small", "t3a.small", "t4g.small"):
        found = aws.ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=[
            {"Name": "instance-type", "Values": [kind]}])["InstanceTypeOfferings"]
        assert {o["InstanceType"] for o in found} == {kind} and len({o["Location"] for o in found}) >= 3
    kinds = aws.ec2.describe_instance_types(InstanceTypes=["t3.small", "t4g.small"])["InstanceTypes"]
    assert {k["ProcessorInfo"]["SupportedArchitectures"][0] for k in kinds} == {"x86_64", "arm64"}


def test_violations_are_listed(aws, endpoint):
    import urllib.request

    refused("UnknownParameter", _unknown, aws=aws)
    with urllib.request.urlopen(endpoint + "/moto-api/violations") as response:
        assert any(v["member"] == "Colour" and v["operation"] == "DescribeVpcs" for v in json.load(response))


def _unknown(aws):
    def add(params, **_):
        params["body"]["Colour"] = "red"

    aws.ec2.meta.events.register("before-call.ec2.DescribeVpcs", add)
    aws.ec2.describe_vpcs()


def test_missing_and_long_values(aws):
    refused("ValidationException", aws.codedeploy.create_application, applicationName="x" * 101)
    refused("ValidationError", aws.iam.get_role, RoleName="a/b")


def test_command_line(endpoint, tmp_path):
    def run(*words):
        done = subprocess.run([sys.executable, "-m", "awscli", *words], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                                   "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                   "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": os.devnull})
        assert done.returncode == 0, done.stderr

    name, file = f"cli-{uuid.uuid4().hex}", tmp_path / "file"
    file.write_bytes(b"x" * 100000)
    run("s3", "mb", f"s3://{name}")
    run("s3", "cp", str(file), f"s3://{name}/a b/c+d")
    run("s3", "cp", f"s3://{name}/a b/c+d", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
