"""CodeDeploy's applications, groups and deployments behave as its API reference says."""

import json
import urllib.request

import pytest
from conftest import refused

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "codedeploy.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


@pytest.fixture
def role(aws):
    return aws.iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]


@pytest.fixture
def group(aws, role):
    topic = aws.sns.create_topic(Name="alerts")["TopicArn"]
    aws.codedeploy.create_application(applicationName="app", computePlatform="Server",
                                      tags=[{"Key": "a", "Value": "b"}])
    aws.codedeploy.create_deployment_group(
        applicationName="app", deploymentGroupName="g", serviceRoleArn=role, tags=[{"Key": "a", "Value": "b"}],
        deploymentConfigName="CodeDeployDefault.OneAtATime", terminationHookEnabled=True,
        deploymentStyle={"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        loadBalancerInfo={"targetGroupInfoList": [{"name": "tg"}]},
        alarmConfiguration={"enabled": True, "alarms": [{"name": "errors"}]},
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]},
        triggerConfigurations=[{"triggerName": "t", "triggerTargetArn": topic, "triggerEvents": ["DeploymentFailure"]}])
    return {"applicationName": "app", "deploymentGroupName": "g"}


def test_group_is_read_as_made(aws, group):
    info = aws.codedeploy.get_deployment_group(**group)["deploymentGroupInfo"]
    assert info["alarmConfiguration"] == {"enabled": True, "alarms": [{"name": "errors"}]}
    assert info["terminationHookEnabled"] and info["outdatedInstancesStrategy"] == "UPDATE"
    assert info["loadBalancerInfo"] == {"targetGroupInfoList": [{"name": "tg"}]}
    arn = f"arn:aws:codedeploy:us-east-1:{aws.number}:deploymentgroup:app/g"
    assert aws.codedeploy.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    aws.codedeploy.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert aws.codedeploy.list_tags_for_resource(ResourceArn=arn)["Tags"] == []


def test_update_keeps_what_is_not_given(aws, group):
    update = {"applicationName": "app", "currentDeploymentGroupName": "g"}
    aws.codedeploy.update_deployment_group(**update, deploymentConfigName="CodeDeployDefault.AllAtOnce",
                                           triggerConfigurations=[])
    info = aws.codedeploy.get_deployment_group(**group)["deploymentGroupInfo"]
    assert info["deploymentConfigName"] == "CodeDeployDefault.AllAtOnce" and info["triggerConfigurations"] == []
    assert info["alarmConfiguration"]["alarms"] == [{"name": "errors"}]
    refused("InvalidRoleException", aws.codedeploy.update_deployment_group, **update,
            serviceRoleArn="arn:aws:iam::123456789012:role/absent")
    refused("InvalidAutoScalingGroupException", aws.codedeploy.update_deployment_group, **update,
            autoScalingGroups=["absent"])


def test_deletes(aws, group):
    refused("DeploymentGroupAlreadyExistsException", aws.codedeploy.create_deployment_group, **group,
            serviceRoleArn=aws.iam.get_role(RoleName="deploy")["Role"]["Arn"])
    aws.codedeploy.delete_deployment_group(**group)
    refused("DeploymentGroupDoesNotExistException", aws.codedeploy.get_deployment_group, **group)
    aws.codedeploy.delete_deployment_group(**group)
    aws.codedeploy.delete_application(applicationName="app")
    refused("ApplicationDoesNotExistException", aws.codedeploy.get_application, applicationName="app")


def test_times_are_numbers(aws, group):
    request = urllib.request.Request(aws.endpoint, json.dumps({"applicationName": "app"}).encode(), {
        "X-Amz-Target": "CodeDeploy_20141006.GetApplication", "Content-Type": "application/x-amz-json-1.1",
        "x-moto-account-id": aws.number, "Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/codedeploy/"
        "aws4_request, SignedHeaders=host, Signature=0"})
    with urllib.request.urlopen(request) as response:
        assert isinstance(json.load(response)["application"]["createTime"], (int, float))
