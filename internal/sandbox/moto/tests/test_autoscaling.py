"""Auto Scaling groups, their refreshes and policies behave as the API reference says."""

import json

import pytest
from conftest import refused

AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
LABEL = "app/a/0123456789abcdef/targetgroup/b/0123456789abcdef"


@pytest.fixture
def place(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]
               ["SubnetId"] for i, z in enumerate("abc")]
    image = aws.ssm.get_parameter(Name=AL2023)["Parameter"]["Value"]
    template = aws.ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={
        "ImageId": image, "MetadataOptions": {"HttpTokens": "required"}})["LaunchTemplate"]["LaunchTemplateId"]
    return {"vpc": vpc, "subnets": subnets, "template": template, "image": image}


def policy(place, version="1", types=("t3.small", "t3a.small"), **distribution):
    return {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": place["template"], "Version": version},
                               "Overrides": [{"InstanceType": t} for t in types]},
            "InstancesDistribution": {"OnDemandBaseCapacity": 1, "OnDemandPercentageAboveBaseCapacity": 0,
                                      "SpotAllocationStrategy": "price-capacity-optimized"} | distribution}


def create(aws, place, **more):
    params = {"AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 4, "DesiredCapacity": 3,
              "MixedInstancesPolicy": policy(place), "VPCZoneIdentifier": ",".join(place["subnets"])} | more
    aws.autoscaling.create_auto_scaling_group(**params)


def group(aws):
    return aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0]


def running(aws):
    group(aws)
    return group(aws)["Instances"]


def test_group_is_read_as_made(aws, place):
    create(aws, place, DefaultInstanceWarmup=180, HealthCheckGracePeriod=0, CapacityRebalance=True,
           HealthCheckType="ELB", Tags=[{"Key": "Name", "Value": "web", "PropagateAtLaunch": True}])
    found = group(aws)
    assert (found["DefaultInstanceWarmup"], found["HealthCheckGracePeriod"], found["CapacityRebalance"]) == (180, 0, True)
    assert [o["InstanceType"] for o in found["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]] == [
        "t3.small", "t3a.small"]
    assert {i["LifecycleState"] for i in found["Instances"]} == {"Pending"}
    assert {i["LifecycleState"] for i in running(aws)} == {"InService"}
    assert {i["LaunchTemplate"]["Version"] for i in found["Instances"]} == {"1"}
    assert len({i["AvailabilityZone"] for i in found["Instances"]}) == 3
    real = [i for r in aws.ec2.describe_instances(Filters=[{"Name": "tag:aws:autoscaling:groupName", "Values": ["web"]}])[
        "Reservations"] for i in r["Instances"]]
    assert sorted(i.get("InstanceLifecycle", "") for i in real) == ["", "spot", "spot"]
    assert all({"Key": "Name", "Value": "web"} in i["Tags"] for i in real)
    activities = aws.autoscaling.describe_scaling_activities(AutoScalingGroupName="web")["Activities"]
    assert len(activities) == 3 and activities[0]["StatusCode"] == "Successful"


def test_refusals(aws, place):
    create(aws, place)
    again = {"AutoScalingGroupName": "web", "MinSize": 0, "MaxSize": 0, "MixedInstancesPolicy": policy(place),
             "VPCZoneIdentifier": place["subnets"][0]}
    refused("AlreadyExists", aws.autoscaling.create_auto_scaling_group, **again)
    again["AutoScalingGroupName"] = "other"
    for change in ({"MinSize": 2, "MaxSize": 1}, {"VPCZoneIdentifier": "subnet-00000000000000000"},
                   {"MixedInstancesPolicy": policy(place, "9")}, {"MixedInstancesPolicy": policy(place, types=["t4g.small"])},
                   {"TargetGroupARNs": ["arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b"]}):
        refused("ValidationError", aws.autoscaling.create_auto_scaling_group, **{**again, **change})
    refused("ValidationError", aws.autoscaling.set_desired_capacity, AutoScalingGroupName="web", DesiredCapacity=9)
    refused("ResourceInUse", aws.autoscaling.delete_auto_scaling_group, AutoScalingGroupName="web")
    refused("ValidationError", aws.autoscaling.delete_auto_scaling_group, AutoScalingGroupName="absent")


def test_bad_profile_is_said(aws, place):
    aws.ec2.create_launch_template_version(LaunchTemplateId=place["template"], LaunchTemplateData={
        "ImageId": place["image"], "IamInstanceProfile": {"Name": "absent"}})
    message = refused("ValidationError", aws.autoscaling.create_auto_scaling_group, AutoScalingGroupName="web", MinSize=0,
                      MaxSize=1, MixedInstancesPolicy=policy(place, "2"), VPCZoneIdentifier=place["subnets"][0])
    assert "Invalid IAM Instance Profile" in message


def test_update_keeps_what_is_not_given(aws, place):
    create(aws, place, CapacityRebalance=True)
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", DefaultInstanceWarmup=60, MaxSize=2)
    found = group(aws)
    assert (found["DesiredCapacity"], found["DefaultInstanceWarmup"], found["CapacityRebalance"]) == (2, 60, True)
    assert len(running(aws)) == 2 and "MixedInstancesPolicy" in found
    new = aws.ec2.create_launch_template_version(LaunchTemplateId=place["template"], SourceVersion="1",
                                                 LaunchTemplateData={"UserData": "IyE="})["LaunchTemplateVersion"]
    aws.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName="web", MixedInstancesPolicy=policy(place, str(new["VersionNumber"]), ["t3a.small"]))
    found = group(aws)
    assert found["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"] == [{"InstanceType": "t3a.small"}]
    assert {i["LaunchTemplate"]["Version"] for i in found["Instances"]} == {"1"}


def test_heals_and_goes(aws, place):
    create(aws, place)
    lost = running(aws)[0]["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[lost])
    now = [i["InstanceId"] for i in running(aws)]
    assert len(now) == 3 and lost not in now
    refused("DependencyViolation", aws.ec2.delete_subnet, SubnetId=place["subnets"][0])
    aws.autoscaling.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    assert group(aws)["Status"] == "Delete in progress"
    assert aws.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    for subnet in place["subnets"]:
        aws.ec2.delete_subnet(SubnetId=subnet)


def test_failed_launch_is_an_activity(aws, place):
    own = aws.ec2.run_instances(MinCount=1, MaxCount=1, ImageId=place["image"], InstanceType="t3.micro")["Instances"][0]
    image = aws.ec2.create_image(InstanceId=own["InstanceId"], Name="baked")["ImageId"]
    aws.ec2.create_launch_template_version(LaunchTemplateId=place["template"], LaunchTemplateData={"ImageId": image})
    create(aws, place, DesiredCapacity=1, MixedInstancesPolicy=policy(place, "2"))
    running(aws)
    aws.ec2.deregister_image(ImageId=image)
    aws.autoscaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=2)
    newest = aws.autoscaling.describe_scaling_activities(AutoScalingGroupName="web")["Activities"][0]
    assert newest["StatusCode"] == "Failed" and image in newest["StatusMessage"]
    assert len(running(aws)) == 1


def refreshed(aws):
    seen = []
    for _ in range(12):
        now = aws.autoscaling.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"][0]
        seen.append(now["Status"])
        if now["Status"] not in ("Pending", "InProgress", "Cancelling", "RollbackInProgress"):
            break
    return list(dict.fromkeys(seen)), now


def test_refresh_replaces_instances(aws, place):
    create(aws, place)
    before = {i["InstanceId"] for i in running(aws)}
    aws.ec2.create_launch_template_version(LaunchTemplateId=place["template"], SourceVersion="1",
                                           LaunchTemplateData={"UserData": "IyE="})
    start = {"AutoScalingGroupName": "web", "DesiredConfiguration": {"MixedInstancesPolicy": policy(place, "2")},
             "Preferences": {"SkipMatching": True, "MinHealthyPercentage": 100, "MaxHealthyPercentage": 200,
                             "AutoRollback": True}}
    aws.autoscaling.start_instance_refresh(**start)
    refused("InstanceRefreshInProgress", aws.autoscaling.start_instance_refresh, **start)
    statuses, last = refreshed(aws)
    assert statuses == ["Pending", "InProgress", "Successful"] and last["PercentageComplete"] == 100
    now = running(aws)
    assert {i["LaunchTemplate"]["Version"] for i in now} == {"2"} and len(now) == 3
    assert not before & {i["InstanceId"] for i in now}
    spec = group(aws)["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    assert spec["Version"] == "2"
    aws.autoscaling.start_instance_refresh(**start)
    assert refreshed(aws)[0][-1] == "Successful"
    assert {i["InstanceId"] for i in now} == {i["InstanceId"] for i in running(aws)}
    refused("ActiveInstanceRefreshNotFound", aws.autoscaling.cancel_instance_refresh, AutoScalingGroupName="web")


def test_refresh_is_undone(aws, place):
    create(aws, place)
    running(aws)
    aws.ec2.create_launch_template_version(LaunchTemplateId=place["template"], SourceVersion="1",
                                           LaunchTemplateData={"UserData": "IyE="})
    start = {"AutoScalingGroupName": "web", "DesiredConfiguration": {"MixedInstancesPolicy": policy(place, "2")}}
    aws.autoscaling.start_instance_refresh(**start)
    for _ in range(3):
        aws.autoscaling.describe_instance_refreshes(AutoScalingGroupName="web")
    aws.autoscaling.rollback_instance_refresh(AutoScalingGroupName="web")
    assert refreshed(aws)[0] == ["RollbackInProgress", "RollbackSuccessful"]
    assert {i["LaunchTemplate"]["Version"] for i in running(aws)} == {"1"}
    aws.autoscaling.start_instance_refresh(**start)
    aws.autoscaling.cancel_instance_refresh(AutoScalingGroupName="web")
    assert refreshed(aws)[0] == ["Cancelling", "Cancelled"]


def test_policies(aws, place):
    create(aws, place)
    create(aws, place, AutoScalingGroupName="other")
    tracking = {"TargetValue": 1000.0, "PredefinedMetricSpecification": {
        "PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": LABEL}}
    put = {"AutoScalingGroupName": "web", "PolicyName": "requests", "PolicyType": "TargetTrackingScaling",
           "TargetTrackingConfiguration": tracking}
    arn = aws.autoscaling.put_scaling_policy(**put)["PolicyARN"]
    assert aws.autoscaling.put_scaling_policy(**put)["PolicyARN"] == arn
    other = aws.autoscaling.put_scaling_policy(**{**put, "AutoScalingGroupName": "other"})["PolicyARN"]
    found = aws.autoscaling.describe_policies(PolicyNames=["requests"])["ScalingPolicies"]
    assert {p["PolicyARN"] for p in found} == {arn, other}
    assert found[0]["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]["ResourceLabel"] == LABEL
    aws.autoscaling.delete_policy(AutoScalingGroupName="web", PolicyName="requests")
    refused("ValidationError", aws.autoscaling.delete_policy, AutoScalingGroupName="web", PolicyName="requests")
    assert len(aws.autoscaling.describe_policies()["ScalingPolicies"]) == 1


def test_codedeploy_names_a_group(aws, place):
    create(aws, place)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
        "Service": "codedeploy.amazonaws.com"}}]}
    role = aws.iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    aws.codedeploy.create_application(applicationName="app")
    aws.codedeploy.create_deployment_group(applicationName="app", deploymentGroupName="g", serviceRoleArn=role,
                                           autoScalingGroups=["web"])
    info = aws.codedeploy.get_deployment_group(applicationName="app", deploymentGroupName="g")["deploymentGroupInfo"]
    assert info["autoScalingGroups"][0]["name"] == "web" and info["autoScalingGroups"][0]["hook"]
