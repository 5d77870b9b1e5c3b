"""CodeDeploy's deployments go on, and Systems Manager's commands answer, as their API references say."""

import json
import time
import urllib.request

import pytest
from conftest import refused
from test_codedeploy import role  # noqa: F401

AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


@pytest.fixture
def fleet(aws, role):
    """Three instances of an Auto Scaling group behind a target group, and a deployment group that takes releases there."""
    profile = aws.iam.create_instance_profile(InstanceProfileName="p")["InstanceProfile"]["Arn"]
    aws.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="deploy")
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    subnets = [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]
               ["SubnetId"] for i, z in enumerate("ab")]
    balancer = aws.elbv2.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    target = aws.elbv2.create_target_group(Name="tg", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    aws.elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[
        {"Type": "forward", "TargetGroupArn": target}])
    image = aws.ssm.get_parameter(Name=AMAZON_LINUX)["Parameter"]["Value"]
    aws.ec2.create_launch_template(LaunchTemplateName="template", LaunchTemplateData={
        "ImageId": image, "InstanceType": "t3.small", "IamInstanceProfile": {"Arn": profile}})
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="asg", LaunchTemplate={"LaunchTemplateName": "template", "Version": "1"}, MinSize=3, MaxSize=6,
        VPCZoneIdentifier=",".join(subnets), TargetGroupARNs=[target])
    aws.codedeploy.create_application(applicationName="app", computePlatform="Server")
    aws.codedeploy.create_deployment_group(
        applicationName="app", deploymentGroupName="g", serviceRoleArn=role, autoScalingGroups=["asg"],
        deploymentConfigName="CodeDeployDefault.OneAtATime", loadBalancerInfo={"targetGroupInfoList": [{"name": "tg"}]},
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
        deploymentStyle={"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"})
    aws.s3.create_bucket(Bucket=f"b-{aws.number}")
    aws.target = target
    instances(aws)
    return aws


def instances(aws):
    group = aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["asg"])["AutoScalingGroups"][0]
    return {i["InstanceId"]: i["LifecycleState"] for i in group["Instances"]}


def control(aws, **given):
    request = urllib.request.Request(f"{aws.endpoint}/moto-api/deploys?account={aws.number}", json.dumps(
        {"event_seconds": 0.01} | given).encode(), method="POST")
    with urllib.request.urlopen(request) as response:
        return json.load(response)["installed"]


def deploy(aws, version, upload=True):
    key = f"releases/{version}/bundle.zip"
    if upload:
        aws.s3.put_object(Bucket=f"b-{aws.number}", Key=key, Body=b"")
    return aws.codedeploy.create_deployment(applicationName="app", deploymentGroupName="g", revision={
        "revisionType": "S3", "s3Location": {"bucket": f"b-{aws.number}", "key": key, "bundleType": "zip"}})["deploymentId"]


def ended(aws, key):
    for _ in range(400):
        info = aws.codedeploy.get_deployment(deploymentId=key)["deploymentInfo"]
        if info["status"] in ("Succeeded", "Failed", "Stopped"):
            return info
        time.sleep(0.02)
    raise AssertionError(info)


def test_release_goes_from_instance_to_instance(fleet):
    aws = fleet
    control(aws)
    key = deploy(aws, "1.0")
    refused("DeploymentLimitExceededException", deploy, aws=aws, version="2.0")
    info = ended(aws, key)
    assert info["status"] == "Succeeded" and info["deploymentOverview"]["Succeeded"] == 3 and info["creator"] == "user"
    assert set(control(aws).values()) == {"releases/1.0/bundle.zip"} and len(control(aws)) == 3
    ids = aws.codedeploy.list_deployment_targets(deploymentId=key)["targetIds"]
    targets = aws.codedeploy.batch_get_deployment_targets(deploymentId=key, targetIds=ids)["deploymentTargets"]
    events = [e["lifecycleEventName"] for e in targets[0]["instanceTarget"]["lifecycleEvents"]]
    assert events[0] == "BeforeBlockTraffic" and events[-1] == "AfterAllowTraffic" and len(events) == 13
    assert targets[0]["instanceTarget"]["lifecycleEvents"][-1]["endTime"] <= \
        targets[1]["instanceTarget"]["lifecycleEvents"][0]["startTime"]
    last = aws.codedeploy.get_deployment_group(applicationName="app", deploymentGroupName="g")["deploymentGroupInfo"]
    assert last["lastSuccessfulDeployment"]["deploymentId"] == key


def test_failure_goes_back(fleet):
    aws = fleet
    control(aws)
    ended(aws, deploy(aws, "1.0"))
    control(aws, failures=[{"version": "2.0", "event": "AfterInstall", "nth": 2, "script": "start.sh", "log": "no such host"}])
    info = ended(aws, deploy(aws, "2.0"))
    assert info["status"] == "Failed" and info["errorInformation"]["code"] == "HEALTH_CONSTRAINTS"
    targets = [t["instanceTarget"] for t in aws.codedeploy.batch_get_deployment_targets(
        deploymentId=info["deploymentId"], targetIds=aws.codedeploy.list_deployment_targets(
            deploymentId=info["deploymentId"])["targetIds"])["deploymentTargets"]]
    assert [t["status"] for t in targets] == ["Succeeded", "Failed", "Skipped"]
    failed = next(e for e in targets[1]["lifecycleEvents"] if e["status"] == "Failed")
    assert failed["lifecycleEventName"] == "AfterInstall" and failed["diagnostics"]["logTail"] == "no such host"
    back = ended(aws, info["rollbackInfo"]["rollbackDeploymentId"])
    assert back["status"] == "Succeeded" and back["creator"] == "codeDeployRollback"
    assert back["rollbackInfo"]["rollbackTriggeringDeploymentId"] == info["deploymentId"]
    assert set(control(aws).values()) == {"releases/1.0/bundle.zip"}


def test_traffic_is_taken_away_meanwhile(fleet):
    aws = fleet
    control(aws, hold="ApplicationStart")
    key = deploy(aws, "1.0")
    for _ in range(100):
        health = aws.elbv2.describe_target_health(TargetGroupArn=aws.target)["TargetHealthDescriptions"]
        if len(health) == 2:
            break
        time.sleep(0.02)
    assert len(health) == 2
    control(aws)
    assert ended(aws, key)["status"] == "Succeeded"
    assert len(aws.elbv2.describe_target_health(TargetGroupArn=aws.target)["TargetHealthDescriptions"]) == 3


def test_new_instances_get_the_last_release(fleet):
    aws = fleet
    control(aws)
    ended(aws, deploy(aws, "1.0"))
    control(aws, hold="ApplicationStart")
    key = deploy(aws, "2.0")
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName="asg", DesiredCapacity=4)
    assert "Pending:Wait" in instances(aws).values()
    control(aws)
    ended(aws, key)
    for _ in range(200):
        if set(control(aws).values()) == {"releases/2.0/bundle.zip"} and set(instances(aws).values()) == {"InService"}:
            break
        time.sleep(0.02)
    assert set(control(aws).values()) == {"releases/2.0/bundle.zip"} and len(control(aws)) == 4
    creators = {aws.codedeploy.get_deployment(deploymentId=d)["deploymentInfo"]["creator"] for d in
                aws.codedeploy.list_deployments(applicationName="app", deploymentGroupName="g")["deployments"]}
    assert creators == {"user", "autoscaling", "CodeDeployAutoUpdate"}


def test_a_refresh_waits_for_the_release(fleet):
    aws = fleet
    control(aws)
    ended(aws, deploy(aws, "1.0"))
    before = instances(aws)
    aws.autoscaling.start_instance_refresh(AutoScalingGroupName="asg", Preferences={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200})
    for _ in range(400):  # nobody looks at anything else
        [refresh] = aws.autoscaling.describe_instance_refreshes(AutoScalingGroupName="asg")["InstanceRefreshes"]
        if refresh["Status"] not in ("Pending", "InProgress"):
            break
        time.sleep(0.02)
    after = instances(aws)
    assert refresh["Status"] == "Successful" and set(after.values()) == {"InService"} and len(after) == 3
    assert not set(before) & set(after) and {control(aws)[i] for i in after} == {"releases/1.0/bundle.zip"}


def test_stop_alarm_and_missing_revision(fleet):
    aws = fleet
    control(aws)
    assert ended(aws, deploy(aws, "0.9", upload=False))["errorInformation"]["code"] == "REVISION_MISSING"
    ended(aws, deploy(aws, "1.0"))
    control(aws, hold="Install")
    key = deploy(aws, "2.0")
    aws.codedeploy.stop_deployment(deploymentId=key, autoRollbackEnabled=True)
    info = ended(aws, key)
    control(aws)
    assert info["status"] == "Stopped" and ended(aws, info["rollbackInfo"]["rollbackDeploymentId"])["status"] == "Succeeded"
    refused("DeploymentAlreadyCompletedException", aws.codedeploy.stop_deployment, deploymentId=key)
    aws.cloudwatch.put_metric_alarm(AlarmName="errors", MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1,
                                    Threshold=1, ComparisonOperator="GreaterThanThreshold", Statistic="Sum")
    aws.cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a test")
    aws.codedeploy.update_deployment_group(applicationName="app", currentDeploymentGroupName="g", alarmConfiguration={
        "enabled": True, "alarms": [{"name": "errors"}]})
    assert ended(aws, deploy(aws, "3.0"))["errorInformation"]["code"] == "ALARM_ACTIVE"


def test_the_hook_is_put_and_taken(fleet):
    aws = fleet
    [hook] = aws.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="asg")["LifecycleHooks"]
    assert hook["LifecycleHookName"].startswith("CodeDeploy-managed-automatic-launch-deployment-hook-")
    aws.autoscaling.delete_lifecycle_hook(AutoScalingGroupName="asg", LifecycleHookName=hook["LifecycleHookName"])
    update = {"applicationName": "app", "currentDeploymentGroupName": "g"}
    aws.codedeploy.update_deployment_group(**update, autoScalingGroups=["asg"])
    assert len(aws.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="asg")["LifecycleHooks"]) == 1
    aws.codedeploy.update_deployment_group(**update, autoScalingGroups=[])
    assert not aws.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName="asg")["LifecycleHooks"]


def test_commands_answer_as_they_are_told_to(fleet):
    aws = fleet
    control(aws, commands=[{"match": "migrate", "output": "one\ntwo\n", "error": "oh", "code": 3}])
    key = next(iter(instances(aws)))
    assert key in [i["InstanceId"] for i in aws.ssm.describe_instance_information()["InstanceInformationList"]]
    refused("InvalidInstanceId", aws.ssm.send_command, DocumentName="AWS-RunShellScript", InstanceIds=["i-0123456789abcdef0"],
            Parameters={"commands": ["true"]})
    command = aws.ssm.send_command(DocumentName="AWS-RunShellScript", InstanceIds=[key], Parameters={
        "commands": ["php artisan migrate"]}, CloudWatchOutputConfig={
            "CloudWatchOutputEnabled": True, "CloudWatchLogGroupName": "/run"})["Command"]["CommandId"]
    answer = None
    for _ in range(100):
        time.sleep(0.06)
        answer = aws.ssm.get_command_invocation(CommandId=command, InstanceId=key)
        if answer["Status"] not in ("Pending", "InProgress"):
            break
    assert (answer["Status"], answer["ResponseCode"], answer["StandardOutputContent"]) == ("Failed", 3, "one\ntwo\n")
    stream = f"{command}/{key}/aws-runShellScript/stdout"
    events = aws.logs.get_log_events(logGroupName="/run", logStreamName=stream)["events"]
    assert [e["message"] for e in events] == ["one", "two"]
    control(aws, commands=[{"match": "", "hold": True}])
    command = aws.ssm.send_command(DocumentName="AWS-RunShellScript", InstanceIds=[key], Parameters={
        "commands": ["sleep 60"]})["Command"]["CommandId"]
    aws.ssm.cancel_command(CommandId=command)
    assert aws.ssm.list_commands(CommandId=command)["Commands"][0]["Status"] == "Cancelled"
