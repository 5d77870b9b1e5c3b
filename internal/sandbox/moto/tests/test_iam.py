"""Roles and instance profiles behave as IAM's API reference says."""

import json

import pytest
from conftest import refused


def document(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


TRUST = document(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")


def test_service_linked_role(aws):
    role = aws.iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")["Role"]
    assert role["RoleName"] == "AWSServiceRoleForEC2Spot" and role["Path"] == "/aws-service-role/spot.amazonaws.com/"
    assert "taken" in refused("InvalidInput", aws.iam.create_service_linked_role, AWSServiceName="spot.amazonaws.com")
    found = aws.iam.list_roles(PathPrefix="/aws-service-role/spot.amazonaws.com/")["Roles"]
    assert [r["RoleName"] for r in found] == ["AWSServiceRoleForEC2Spot"]
    refused("UnmodifiableEntity", aws.iam.delete_role, RoleName="AWSServiceRoleForEC2Spot")


def test_profile(aws):
    for name in ("a", "b"):
        aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    aws.iam.create_instance_profile(InstanceProfileName="p", Tags=[{"Key": "k", "Value": "v"}])
    aws.iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="a")
    refused("LimitExceeded", aws.iam.add_role_to_instance_profile, InstanceProfileName="p", RoleName="b")
    refused("LimitExceeded", aws.iam.add_role_to_instance_profile, InstanceProfileName="p", RoleName="a")
    assert aws.iam.list_instance_profile_tags(InstanceProfileName="p")["Tags"] == [{"Key": "k", "Value": "v"}]
    assert aws.iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"]["CreateDate"]
    refused("DeleteConflict", aws.iam.delete_role, RoleName="a")
    refused("DeleteConflict", aws.iam.delete_instance_profile, InstanceProfileName="p")
    refused("NoSuchEntity", aws.iam.remove_role_from_instance_profile, InstanceProfileName="p", RoleName="b")
    aws.iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="a")
    refused("NoSuchEntity", aws.iam.remove_role_from_instance_profile, InstanceProfileName="p", RoleName="a")
    aws.iam.delete_instance_profile(InstanceProfileName="p")


@pytest.mark.parametrize("text", ["{", document(Action="s3:GetObject"), document(Action="s3:Get*", Resource="bucket/*"),
                                  document(Action="get", Resource="*"),
                                  document(Action="s3:*", Resource="*", Principal="*")])
def test_bad_policies(aws, text):
    aws.iam.create_role(RoleName="a", AssumeRolePolicyDocument=TRUST)
    refused("MalformedPolicyDocument", aws.iam.put_role_policy, RoleName="a", PolicyName="p", PolicyDocument=text)


def test_policy_sizes(aws):
    aws.iam.create_role(RoleName="a", AssumeRolePolicyDocument=TRUST)
    long = document(Action="s3:GetObject", Resource=[f"arn:aws:s3:::bucket{i:05}/*" for i in range(300)])
    aws.iam.put_role_policy(RoleName="a", PolicyName="p", PolicyDocument=long)
    refused("LimitExceeded", aws.iam.put_role_policy, RoleName="a", PolicyName="q", PolicyDocument=long)
    refused("MalformedPolicyDocument", aws.iam.create_role, RoleName="b",
            AssumeRolePolicyDocument=document(Action="s3:GetObject", Principal="*"))


def test_attached_policy_stays(aws):
    arn = aws.iam.create_policy(PolicyName="p", PolicyDocument=document(Action="s3:*", Resource="*"))["Policy"]["Arn"]
    aws.iam.create_role(RoleName="a", AssumeRolePolicyDocument=TRUST)
    aws.iam.attach_role_policy(RoleName="a", PolicyArn=arn)
    refused("DeleteConflict", aws.iam.delete_policy, PolicyArn=arn)
    refused("DeleteConflict", aws.iam.delete_role, RoleName="a")


def test_instance_profiles_are_listed_by_path(aws):
    """API_ListInstanceProfiles.html: PathPrefix."""
    for name, path in ("ours", "/keyedin/production/"), ("theirs", "/keyedin/staging/"):
        aws.iam.create_instance_profile(InstanceProfileName=name, Path=path)
    listed = aws.iam.list_instance_profiles(PathPrefix="/keyedin/production/")["InstanceProfiles"]
    assert [p["InstanceProfileName"] for p in listed] == ["ours"]
