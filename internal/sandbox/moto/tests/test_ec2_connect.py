"""EC2 Instance Connect takes keys for instances that run, and refuses others as its API reference says."""

import pytest
from conftest import refused

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJzVgDKGXUQhMjVDDZYbpFSpnYE4ocLvYuhDdmrpZfCT someone@example.org"
AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


@pytest.fixture
def machine(aws):
    image = aws.ssm.get_parameter(Name=AL2023)["Parameter"]["Value"]
    return aws.ec2.run_instances(MinCount=1, MaxCount=1, ImageId=image, InstanceType="t3.micro")["Instances"][0]["InstanceId"]


def send(aws, machine, **more):
    return {"InstanceId": machine, "InstanceOSUser": "ec2-user", "SSHPublicKey": KEY} | more


def test_a_running_instance_takes_a_key(aws, machine):
    zone = aws.ec2.describe_instances()["Reservations"][0]["Instances"][0]["Placement"]["AvailabilityZone"]
    call = aws.ec2_instance_connect.send_ssh_public_key
    assert call(**send(aws, machine))["Success"]
    assert call(**send(aws, machine, AvailabilityZone=zone))["Success"]


def test_refusals(aws, machine):
    call = aws.ec2_instance_connect.send_ssh_public_key
    refused("EC2InstanceNotFoundException", call, **send(aws, "i-0123456789abcdef0"))
    refused("InvalidArgsException", call, **send(aws, machine, AvailabilityZone="us-east-1f"))
    for bad in ("ssh-ed25519 " + "A" * 80, KEY.replace("ssh-ed25519", "ecdsa-sha2-nistp256"), KEY.replace("AAAAC3", "!!!!!!")):
        refused("InvalidArgsException", call, **send(aws, machine, SSHPublicKey=bad))
    aws.ec2.stop_instances(InstanceIds=[machine])
    refused("EC2InstanceStateInvalidException", call, **send(aws, machine))
    aws.ec2.terminate_instances(InstanceIds=[machine])
    refused("EC2InstanceStateInvalidException", call, **send(aws, machine))
