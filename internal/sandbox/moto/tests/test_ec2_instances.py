"""Instances are made, found and ended as EC2's API reference says."""

import base64
import json

import pytest
from conftest import refused

AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}"


@pytest.fixture
def image(aws):
    return aws.ssm.get_parameter(Name=AL2023.format("x86_64"))["Parameter"]["Value"]


@pytest.fixture
def subnet(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="us-east-1b")["Subnet"]


@pytest.fixture
def profile(aws):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                     "Action": "sts:AssumeRole"}]}
    aws.iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(trust))
    arn = aws.iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]["Arn"]
    aws.iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    return arn


def seen(aws, key):
    return aws.ec2.describe_instances(InstanceIds=[key])["Reservations"][0]["Instances"][0]


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_public_images(aws, architecture):
    value = aws.ssm.get_parameters(Names=[AL2023.format(architecture)])["Parameters"][0]["Value"]
    image = aws.ec2.describe_images(ImageIds=[value])["Images"][0]
    assert (image["Architecture"], image["RootDeviceName"], image["State"]) == (architecture, "/dev/xvda", "available")


def test_template_is_applied(aws, image, subnet, profile):
    group = aws.ec2.create_security_group(GroupName="g", Description="d", VpcId=subnet["VpcId"])["GroupId"]
    data = {"ImageId": image, "IamInstanceProfile": {"Name": "web"}, "InstanceType": "t3.micro",
            "UserData": base64.b64encode(b"#!/bin/sh\n").decode(), "Monitoring": {"Enabled": True},
            "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": [group],
                                   "DeleteOnTermination": True}],
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3",
                                                                        "Encrypted": True}}],
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
            "TagSpecifications": [{"ResourceType": t, "Tags": [{"Key": "of", "Value": t}]} for t in ("instance", "volume")]}
    aws.ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    made = aws.ec2.run_instances(MinCount=1, MaxCount=1, SubnetId=subnet["SubnetId"],
                                 LaunchTemplate={"LaunchTemplateName": "web"})["Instances"][0]
    assert made["State"]["Name"] == "pending"
    found = seen(aws, made["InstanceId"])
    assert (found["State"]["Name"], found["InstanceType"], found["SubnetId"]) == ("running", "t3.micro", subnet["SubnetId"])
    assert found["IamInstanceProfile"]["Arn"] == profile and found["PublicIpAddress"]
    assert found["MetadataOptions"]["HttpTokens"] == "required" and found["Monitoring"]["State"] == "enabled"
    assert [g["GroupId"] for g in found["SecurityGroups"]] == [group]
    assert {t["Key"] for t in found["Tags"]} == {"of", "aws:ec2launchtemplate:id", "aws:ec2launchtemplate:version"}
    assert [b["DeviceName"] for b in found["BlockDeviceMappings"]] == ["/dev/xvda"]
    disk, = aws.ec2.describe_volumes(Filters=[
        {"Name": "attachment.instance-id", "Values": [made["InstanceId"]]},
        {"Name": "attachment.device", "Values": ["/dev/xvda"]}, {"Name": "tag:of", "Values": ["vol*"]}])["Volumes"]
    assert (disk["Size"], disk["VolumeType"], disk["Encrypted"]) == (20, "gp3", True)
    data = aws.ec2.describe_instance_attribute(InstanceId=made["InstanceId"], Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(data) == b"#!/bin/sh\n"
    refused("DependencyViolation", aws.ec2.delete_security_group, GroupId=group)
    aws.ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    assert seen(aws, made["InstanceId"])["State"]["Name"] == "terminated"
    aws.ec2.delete_security_group(GroupId=group)
    aws.ec2.delete_subnet(SubnetId=subnet["SubnetId"])


def test_token(aws, image, subnet):
    run = {"MinCount": 1, "MaxCount": 1, "ImageId": image, "InstanceType": "t3.micro", "SubnetId": subnet["SubnetId"]}
    made = [aws.ec2.run_instances(**run, ClientToken="t")["Instances"][0]["InstanceId"] for _ in range(2)]
    assert made[0] == made[1]
    refused("IdempotentParameterMismatch", aws.ec2.run_instances, **{**run, "InstanceType": "t3.small"}, ClientToken="t")
    found = aws.ec2.describe_instances(Filters=[{"Name": "client-token", "Values": ["t"]}])["Reservations"]
    assert [i["InstanceId"] for r in found for i in r["Instances"]] == made[:1]
    for _ in range(2):
        aws.ec2.terminate_instances(InstanceIds=made[:1])
    refused("IdempotentInstanceTerminated", aws.ec2.run_instances, **run, ClientToken="t")


def test_what_does_not_exist(aws, image, subnet):
    run = {"MinCount": 1, "MaxCount": 1, "ImageId": image, "InstanceType": "t3.micro", "SubnetId": subnet["SubnetId"]}
    for code, change in [("InvalidAMIID.NotFound", {"ImageId": "ami-00000000"}),
                         ("InvalidParameterValue", {"InstanceType": "t9.micro"}),
                         ("InvalidParameterValue", {"InstanceType": "t4g.micro"}),
                         ("InvalidKeyPair.NotFound", {"KeyName": "absent"}),
                         ("InvalidParameterValue", {"IamInstanceProfile": {"Name": "absent"}}),
                         ("InvalidGroup.NotFound", {"SecurityGroupIds": ["sg-00000000000000000"]})]:
        refused(code, aws.ec2.run_instances, **{**run, **change})


def test_changes(aws, image, subnet, profile):
    run = {"MinCount": 1, "MaxCount": 1, "ImageId": image, "InstanceType": "t3.micro", "SubnetId": subnet["SubnetId"]}
    key = aws.ec2.run_instances(**run)["Instances"][0]["InstanceId"]
    group = aws.ec2.create_security_group(GroupName="g", Description="d", VpcId=subnet["VpcId"])["GroupId"]
    aws.ec2.modify_instance_attribute(InstanceId=key, Groups=[group])
    aws.ec2.modify_instance_metadata_options(InstanceId=key, HttpPutResponseHopLimit=3)
    aws.ec2.associate_iam_instance_profile(InstanceId=key, IamInstanceProfile={"Name": "web"})
    found = seen(aws, key)
    assert found["MetadataOptions"]["HttpTokens"] == "required" and found["IamInstanceProfile"]["Arn"] == profile
    assert found["MetadataOptions"]["HttpPutResponseHopLimit"] == 3
    assert [g["GroupId"] for g in found["NetworkInterfaces"][0]["Groups"]] == [group]
    aws.iam.create_instance_profile(InstanceProfileName="other")
    held = aws.ec2.describe_iam_instance_profile_associations(Filters=[
        {"Name": "instance-id", "Values": [key]}, {"Name": "state", "Values": ["associating", "associated"]}])
    aws.ec2.replace_iam_instance_profile_association(
        AssociationId=held["IamInstanceProfileAssociations"][0]["AssociationId"], IamInstanceProfile={"Name": "other"})
    assert seen(aws, key)["IamInstanceProfile"]["Arn"].endswith("/other")
