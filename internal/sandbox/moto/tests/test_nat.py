"""NAT gateways of a stern account come and go slowly, hold what they use, and may fail."""

import pytest
from conftest import refused
from test_draining import stern, until


@pytest.fixture
def place(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    return {"vpc": vpc, "subnet": subnet, "gateway": gateway, "address": address}


def attach(aws, place):
    aws.ec2.attach_internet_gateway(InternetGatewayId=place["gateway"], VpcId=place["vpc"])


def make(aws, place):
    made = aws.ec2.create_nat_gateway(SubnetId=place["subnet"], AllocationId=place["address"])["NatGateway"]
    assert made["State"] == "pending" and "FailureCode" not in made
    return made["NatGatewayId"]


def shown(aws, key):
    return aws.ec2.describe_nat_gateways(NatGatewayIds=[key])["NatGateways"][0]


def filtered(aws, *states):
    return [n["NatGatewayId"] for n in aws.ec2.describe_nat_gateways(Filter=[{"Name": "state", "Values": list(states)}])[
        "NatGateways"]]


def test_a_gateway_comes_and_goes(aws, place):
    attach(aws, place)
    stern(aws, fresh=0, scale=50.0)
    key = make(aws, place)
    assert filtered(aws, "pending") == [key] and filtered(aws, "available") == []
    assert until("available", lambda: shown(aws, key)["State"]) == ["pending"]
    assert filtered(aws, "available") == [key]
    refused("InvalidIPAddress.InUse", aws.ec2.release_address, AllocationId=place["address"])
    aws.ec2.delete_nat_gateway(NatGatewayId=key)
    assert filtered(aws, "deleting") == [key]
    refused("AuthFailure", aws.ec2.release_address, AllocationId=place["address"])
    refused("DependencyViolation", aws.ec2.delete_subnet, SubnetId=place["subnet"])
    refused("DependencyViolation", aws.ec2.detach_internet_gateway, InternetGatewayId=place["gateway"], VpcId=place["vpc"])
    assert until("deleted", lambda: shown(aws, key)["State"]) == ["deleting"]
    aws.ec2.release_address(AllocationId=place["address"])
    aws.ec2.delete_subnet(SubnetId=place["subnet"])


def test_a_gateway_fails(aws, place):
    attach(aws, place)
    stern(aws, fresh=0, scale=200.0, nat_fails="InsufficientFreeAddressesInSubnet")
    key = make(aws, place)
    assert until("failed", lambda: shown(aws, key)["State"]) == ["pending"]
    assert shown(aws, key)["FailureMessage"] == "Subnet has insufficient free addresses to create this NAT gateway"
    aws.ec2.release_address(AllocationId=place["address"])


def test_a_network_without_a_way_out(aws, place):
    stern(aws, calm=True)
    key = make(aws, place)
    found = shown(aws, key)
    assert (found["State"], found["FailureCode"]) == ("failed", "Gateway.NotAttached") and place["vpc"] in found["FailureMessage"]
    attach(aws, place)
    assert shown(aws, make(aws, place))["State"] == "available"
