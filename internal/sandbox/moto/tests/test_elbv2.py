"""Load balancers, target groups and listeners behave as the API reference says."""

import pytest
from conftest import refused

AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


@pytest.fixture
def place(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]
               ["SubnetId"] for i, z in enumerate("ab")]
    group = aws.ec2.create_security_group(GroupName="lb", Description="d", VpcId=vpc)["GroupId"]
    return {"vpc": vpc, "gateway": gateway, "subnets": subnets, "group": group}


def balancer(aws, place, **more):
    return aws.elbv2.create_load_balancer(**{"Name": "web", "Subnets": place["subnets"],
                                             "SecurityGroups": [place["group"]]} | more)["LoadBalancers"][0]


def targets(aws, place, **more):
    return aws.elbv2.create_target_group(**{"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": place["vpc"],
                                            "HealthCheckPath": "/up"} | more)["TargetGroups"][0]["TargetGroupArn"]


def listener(aws, arn, target, **more):
    return aws.elbv2.create_listener(**{"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": [
        {"Type": "forward", "TargetGroupArn": target}]} | more)["Listeners"][0]


def test_names_are_unique(aws, place):
    first = balancer(aws, place)["LoadBalancerArn"]
    assert balancer(aws, place)["LoadBalancerArn"] == first
    refused("DuplicateLoadBalancerName", aws.elbv2.create_load_balancer, Name="web", Subnets=place["subnets"],
            SecurityGroups=[place["group"]], Scheme="internal")
    assert targets(aws, place) == targets(aws, place)
    refused("DuplicateTargetGroupName", aws.elbv2.create_target_group, Name="web", Protocol="HTTP", Port=81,
            VpcId=place["vpc"])
    arn = listener(aws, first, targets(aws, place))["ListenerArn"]
    assert listener(aws, first, targets(aws, place))["ListenerArn"] == arn
    assert len(aws.elbv2.describe_load_balancers()["LoadBalancers"]) == 1
    refused("LoadBalancerNotFound", aws.elbv2.describe_load_balancers, Names=["absent"])
    refused("TargetGroupNotFound", aws.elbv2.describe_target_groups, Names=["absent"])


def test_wrong_order(aws, place):
    arn, target = balancer(aws, place)["LoadBalancerArn"], targets(aws, place)
    listener(aws, arn, target)
    refused("ResourceInUse", aws.elbv2.delete_target_group, TargetGroupArn=target)
    refused("DependencyViolation", aws.ec2.delete_security_group, GroupId=place["group"])
    refused("DependencyViolation", aws.ec2.delete_subnet, SubnetId=place["subnets"][0])
    refused("DependencyViolation", aws.ec2.detach_internet_gateway, InternetGatewayId=place["gateway"], VpcId=place["vpc"])
    aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[
        {"Key": "deletion_protection.enabled", "Value": "true"}])
    refused("OperationNotPermitted", aws.elbv2.delete_load_balancer, LoadBalancerArn=arn)
    aws.elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[
        {"Key": "deletion_protection.enabled", "Value": "false"}])
    label = arn.split(":loadbalancer/")[1]
    found = {"Filters": [{"Name": "description", "Values": [f"ELB {label}"]}]}
    assert len(aws.ec2.describe_network_interfaces(**found)["NetworkInterfaces"]) == 2
    aws.elbv2.delete_load_balancer(LoadBalancerArn=arn)
    aws.elbv2.delete_load_balancer(LoadBalancerArn=arn)
    assert aws.ec2.describe_network_interfaces(**found)["NetworkInterfaces"] == []
    aws.elbv2.delete_target_group(TargetGroupArn=target)
    aws.ec2.delete_security_group(GroupId=place["group"])
    aws.ec2.delete_subnet(SubnetId=place["subnets"][0])


def test_health_follows_instances(aws, place):
    image = aws.ssm.get_parameter(Name=AL2023)["Parameter"]["Value"]
    key = aws.ec2.run_instances(MinCount=1, MaxCount=1, ImageId=image, InstanceType="t3.micro",
                                SubnetId=place["subnets"][0])["Instances"][0]["InstanceId"]
    target = targets(aws, place)
    aws.elbv2.register_targets(TargetGroupArn=target, Targets=[{"Id": key}])

    def health():
        found = aws.elbv2.describe_target_health(TargetGroupArn=target)["TargetHealthDescriptions"]
        return [(t["TargetHealth"]["State"], t["TargetHealth"].get("Reason")) for t in found]

    assert health() == [("unused", "Target.NotInUse")]
    listener(aws, balancer(aws, place)["LoadBalancerArn"], target)
    assert health() == [("initial", "Elb.RegistrationInProgress")]
    assert health() == [("healthy", None)]
    aws.ec2.stop_instances(InstanceIds=[key])
    assert health() == [("unused", "Target.InvalidState")]


def test_attributes_and_tags(aws, place):
    arn, target = balancer(aws, place)["LoadBalancerArn"], targets(aws, place, Tags=[{"Key": "a", "Value": "b"}])
    found = aws.elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "60"} in found
    tags = aws.elbv2.describe_tags(ResourceArns=[arn, target])["TagDescriptions"]
    assert {t["ResourceArn"]: t["Tags"] for t in tags} == {arn: [], target: [{"Key": "a", "Value": "b"}]}
    refused("ValidationError", aws.elbv2.describe_tags, ResourceArns=[arn] * 21)
    one = listener(aws, arn, target)
    assert "SslPolicy" not in one
    aws.elbv2.delete_load_balancer(LoadBalancerArn=arn)
    refused("LoadBalancerNotFound", aws.elbv2.describe_tags, ResourceArns=[arn])
