"""Security groups and their rules behave as EC2's API reference says."""

import pytest
from conftest import refused


@pytest.fixture
def vpc(aws):
    return aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


def group(aws, vpc, name):
    return aws.ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)["GroupId"]


def rules(aws, key, egress=False):
    found = aws.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [key]}])
    return [r for r in found["SecurityGroupRules"] if r["IsEgress"] == egress]


def test_descriptions_of_every_kind(aws, vpc):
    a, b = group(aws, vpc, "a"), group(aws, vpc, "b")
    prefix = aws.ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "k", "Value": "v"}]}]
    made = aws.ec2.authorize_security_group_ingress(GroupId=a, TagSpecifications=tags, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": b, "Description": "pair"}],
         "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "range"}],
         "PrefixListIds": [{"PrefixListId": prefix, "Description": "list"}]}])["SecurityGroupRules"]
    found = rules(aws, a)
    assert sorted(r["Description"] for r in found) == ["list", "pair", "range"] and len(made) == 3
    assert all(r["Tags"] == [{"Key": "k", "Value": "v"}] and r["GroupOwnerId"] == aws.number for r in found)
    shown = aws.ec2.describe_security_groups(GroupIds=[a])["SecurityGroups"][0]["IpPermissions"][0]
    assert shown["PrefixListIds"][0]["Description"] == "list"
    assert shown["UserIdGroupPairs"][0]["Description"] == "pair"
    pair = next(r for r in found if r["Description"] == "pair")
    aws.ec2.update_security_group_rule_descriptions_ingress(GroupId=a, SecurityGroupRuleDescriptions=[
        {"SecurityGroupRuleId": pair["SecurityGroupRuleId"], "Description": "new"}])
    assert sorted(r["Description"] for r in rules(aws, a)) == ["list", "new", "range"]
    refused("InvalidPermission.Duplicate", aws.ec2.authorize_security_group_ingress, GroupId=a, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": b}]}])
    aws.ec2.revoke_security_group_ingress(GroupId=a, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": b}]}])
    assert len(rules(aws, a)) == 2


def test_names(aws, vpc):
    refused("InvalidParameterValue", aws.ec2.create_security_group, GroupName="sg-x", Description="d", VpcId=vpc)
    refused("InvalidParameterValue", aws.ec2.create_security_group, GroupName="x", Description="für", VpcId=vpc)
    refused("InvalidVpcID.NotFound", aws.ec2.create_security_group, GroupName="x", Description="d",
            VpcId="vpc-00000000000000000")


def test_group_in_use_stays(aws, vpc):
    a, b = group(aws, vpc, "a"), group(aws, vpc, "b")
    pair = {"IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": b}]}]}
    aws.ec2.authorize_security_group_egress(GroupId=a, **pair)
    refused("DependencyViolation", aws.ec2.delete_security_group, GroupId=b)
    aws.ec2.revoke_security_group_egress(GroupId=a, **pair)
    aws.ec2.delete_security_group(GroupId=b)
    subnet = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    interface = aws.ec2.create_network_interface(SubnetId=subnet, Groups=[a])["NetworkInterface"]["NetworkInterfaceId"]
    refused("DependencyViolation", aws.ec2.delete_security_group, GroupId=a)
    aws.ec2.delete_network_interface(NetworkInterfaceId=interface)
    aws.ec2.delete_security_group(GroupId=a)
    default = aws.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]
    refused("CannotDelete", aws.ec2.delete_security_group, GroupId=default["GroupId"])
