"""Networks, tokens, dry runs and filters behave as EC2's API reference says."""

import pytest
from conftest import refused


@pytest.fixture
def vpc(aws):
    return aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def subnet(aws, vpc):
    return aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]


def test_client_tokens(aws, vpc):
    made = [aws.ec2.create_route_table(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"] for _ in range(2)]
    assert made[0] == made[1]
    refused("IdempotentParameterMismatch", aws.ec2.create_route_table, ClientToken="t",
            VpcId=aws.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])
    endpoint = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.s3", "RouteTableIds": made[:1]}
    made = {aws.ec2.create_vpc_endpoint(**endpoint, ClientToken="t")["VpcEndpoint"]["VpcEndpointId"] for _ in range(2)}
    assert len(made) == 1
    refused("InvalidServiceName", aws.ec2.create_vpc_endpoint, VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s4")


def test_nat_gateway_token(aws, subnet):
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = [aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, ClientToken="n")["NatGateway"]
            ["NatGatewayId"] for _ in range(2)]
    assert made[0] == made[1]
    refused("InvalidIPAddress.InUse", aws.ec2.release_address, AllocationId=address)
    refused("DependencyViolation", aws.ec2.delete_subnet, SubnetId=subnet)
    aws.ec2.delete_nat_gateway(NatGatewayId=made[0])
    aws.ec2.release_address(AllocationId=address)
    aws.ec2.delete_subnet(SubnetId=subnet)


def test_dry_run_changes_nothing(aws):
    before = len(aws.ec2.describe_vpcs()["Vpcs"])
    refused("DryRunOperation", aws.ec2.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True)
    assert len(aws.ec2.describe_vpcs()["Vpcs"]) == before


def test_unknown_filter(aws):
    message = refused("InvalidParameterValue", aws.ec2.describe_vpcs, Filters=[{"Name": "colour", "Values": ["red"]}])
    assert "colour" in message
    zones = aws.ec2.describe_availability_zones(Filters=[
        {"Name": "opt-in-status", "Values": ["opt-in-not-required"]}, {"Name": "zone-type", "Values": ["availability-zone"]}])
    assert zones["AvailabilityZones"][0]["OptInStatus"] == "opt-in-not-required"
    assert not aws.ec2.describe_availability_zones(Filters=[{"Name": "opt-in-status", "Values": ["opted-in"]}])[
        "AvailabilityZones"]


def test_vpc_goes_last(aws, vpc):
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    refused("DependencyViolation", aws.ec2.delete_vpc, VpcId=vpc)
    other = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    refused("InvalidParameterValue", aws.ec2.attach_internet_gateway, InternetGatewayId=other, VpcId=vpc)
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    group = aws.ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    refused("DependencyViolation", aws.ec2.delete_vpc, VpcId=vpc)
    aws.ec2.delete_security_group(GroupId=group)
    main = aws.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]
    refused("DependencyViolation", aws.ec2.delete_route_table, RouteTableId=main["RouteTableId"])
    aws.ec2.delete_vpc(VpcId=vpc)


def test_endpoint_routes_follow(aws, vpc):
    def tables(**filters):
        found = aws.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
        return sorted(t["RouteTableId"] for t in found for r in t["Routes"] if r.get("GatewayId") == endpoint)

    a, b = [aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    endpoint = aws.ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[a])[
        "VpcEndpoint"]["VpcEndpointId"]
    assert tables() == [a]
    aws.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[b], RemoveRouteTableIds=[a])
    assert tables() == [b]
    aws.ec2.delete_route_table(RouteTableId=a)
    refused("DependencyViolation", aws.ec2.delete_vpc, VpcId=vpc)
    assert aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"] == []
    assert tables() == []
    assert aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"]


def test_key_pair_by_id(aws):
    made = aws.ec2.create_key_pair(KeyName="k")
    aws.ec2.delete_key_pair(KeyPairId=made["KeyPairId"])
    assert aws.ec2.describe_key_pairs()["KeyPairs"] == []


def test_default_group_lets_itself_in(aws, vpc):
    group = aws.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
