"""Identity providers behave as IAM's API reference says."""

import pytest
from conftest import refused
from test_iam import document

GITHUB = "token.actions.githubusercontent.com"


def test_provider_is_one(aws):
    arn = aws.iam.create_open_id_connect_provider(Url=f"https://{GITHUB}", ClientIDList=["a"])["OpenIDConnectProviderArn"]
    assert arn.endswith(f":oidc-provider/{GITHUB}")
    assert "already exists" in refused("EntityAlreadyExists", aws.iam.create_open_id_connect_provider, Url=f"https://{GITHUB}")
    for _ in range(2):
        aws.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
    found = aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["a", "b"] and found["Url"] == GITHUB
    aws.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="a")
    assert aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["b"]
    refused("NoSuchEntity", aws.iam.add_client_id_to_open_id_connect_provider, OpenIDConnectProviderArn=arn + "x", ClientID="b")
    refused("NoSuchEntity", aws.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn + "x")


@pytest.mark.parametrize("condition", [{}, {"StringLike": {f"{GITHUB}:sub": "*"}}, {"StringEquals": {f"{GITHUB}:aud": "a"}}])
def test_a_shared_provider_is_trusted_narrowly(aws, condition):
    def trust(when):
        return document(Principal={"Federated": f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"},
                        Action="sts:AssumeRoleWithWebIdentity", Condition=when)
    refused("MalformedPolicyDocument", aws.iam.create_role, RoleName="a", AssumeRolePolicyDocument=trust(condition))
    aws.iam.create_role(RoleName="a", AssumeRolePolicyDocument=trust({"StringLike": {f"{GITHUB}:sub": "repo:a/b:*"}}))
