"""Quotas that are set are told and enforced; AWS's defaults are told."""

import pytest
from conftest import refused
from test_autoscaling import create, place, running  # noqa: F401
from test_draining import stern

VPCS, ADDRESSES, BALANCERS, ON_DEMAND, SPOT = "L-F678F1CE", "L-0263D0A3", "L-53DA6B97", "L-1216C47A", "L-34B43A08"


@pytest.fixture
def limited(aws):
    """Sets quotas of the account."""
    def limit(**more):
        stern(aws, calm=True, **more)
        return aws
    return limit


def told(aws, service, code):
    return aws.service_quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]


def test_they_are_told(limited):
    aws = limited(quotas={VPCS: 7})
    assert (told(aws, "vpc", VPCS), told(aws, "ec2", ADDRESSES)) == (7, 5)
    listed = {q["QuotaCode"]: q["Value"] for q in aws.service_quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]}
    assert listed[VPCS] == 7
    assert aws.service_quotas.get_aws_default_service_quota(ServiceCode="vpc", QuotaCode=VPCS)["Quota"]["Value"] == 5


def test_only_what_is_set_is_enforced(limited):
    aws = limited(quotas={})
    for n in range(6):
        aws.ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")


def test_networks_and_addresses(limited):
    aws = limited(quotas={VPCS: 2, ADDRESSES: 1, "L-407747CB": 1, "L-A4707A72": 1})
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]  # beside the default one
    refused("VpcLimitExceeded", aws.ec2.create_vpc, CidrBlock="10.1.0.0/16")
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    refused("AddressLimitExceeded", aws.ec2.allocate_address, Domain="vpc")
    aws.ec2.release_address(AllocationId=address)
    aws.ec2.allocate_address(Domain="vpc")
    aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
    refused("SubnetLimitExceeded", aws.ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.0/24")
    aws.ec2.create_internet_gateway()
    refused("InternetGatewayLimitExceeded", aws.ec2.create_internet_gateway)


def test_load_balancers(limited, place):  # noqa: F811
    aws = limited(quotas={BALANCERS: 1, "L-B22855CB": 1})
    make = {"Name": "a", "Subnets": place["subnets"][:2], "Scheme": "internal"}
    first = aws.elbv2.create_load_balancer(**make)["LoadBalancers"][0]["LoadBalancerArn"]
    assert aws.elbv2.create_load_balancer(**make)["LoadBalancers"][0]["LoadBalancerArn"] == first
    refused("TooManyLoadBalancers", aws.elbv2.create_load_balancer, **make | {"Name": "b"})
    target = {"Name": "a", "Protocol": "HTTP", "Port": 80, "VpcId": place["vpc"]}
    aws.elbv2.create_target_group(**target)
    refused("TooManyTargetGroups", aws.elbv2.create_target_group, **target | {"Name": "b"})


def test_processors(limited, place):  # noqa: F811
    aws = limited(quotas={ON_DEMAND: 4, SPOT: 2})
    run = {"MinCount": 1, "MaxCount": 1, "ImageId": place["image"], "InstanceType": "t3.small", "SubnetId": place["subnets"][0]}
    spot = {"InstanceMarketOptions": {"MarketType": "spot"}}
    first = aws.ec2.run_instances(**run)["Instances"][0]["InstanceId"]
    aws.ec2.run_instances(**run)
    assert "vCPU limit of 4" in refused("VcpuLimitExceeded", aws.ec2.run_instances, **run)
    aws.ec2.terminate_instances(InstanceIds=[first])
    refused("VcpuLimitExceeded", aws.ec2.run_instances, **run | {"MaxCount": 2, "MinCount": 2})
    aws.ec2.run_instances(**run)
    aws.ec2.run_instances(**run | spot)
    refused("MaxSpotInstanceCountExceeded", aws.ec2.run_instances, **run | spot)


def test_a_group_tells_it_among_its_activities(limited, place):  # noqa: F811
    aws = limited(quotas={ON_DEMAND: 2, SPOT: 2})
    create(aws, place)
    assert len(running(aws)) == 2  # one of each
    said = [a.get("StatusMessage", "") for a in aws.autoscaling.describe_scaling_activities()["Activities"]]
    assert any("Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded" in s for s in said)
    limited(quotas={ON_DEMAND: 2, SPOT: 4})
    assert len(running(aws)) == 3
