"""Launch templates and their versions behave as EC2's API reference says."""

import pytest
from conftest import refused

DATA = {"ImageId": "ami-12345678", "IamInstanceProfile": {"Name": "web"}, "MetadataOptions": {"HttpTokens": "required"},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "of", "Value": "instance"}]}]}


@pytest.fixture
def template(aws):
    return aws.ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=DATA, TagSpecifications=[
        {"ResourceType": "launch-template", "Tags": [{"Key": "own", "Value": "tag"}]}])["LaunchTemplate"]


def test_data_is_read_as_given(aws, template):
    key = {"LaunchTemplateId": template["LaunchTemplateId"]}
    shown = aws.ec2.describe_launch_template_versions(**key, Versions=["$Latest"])["LaunchTemplateVersions"]
    assert [v["LaunchTemplateData"] for v in shown] == [DATA]
    found = aws.ec2.describe_launch_templates(Filters=[{"Name": "tag:own", "Values": ["tag"]}])["LaunchTemplates"]
    assert found[0]["Tags"] == [{"Key": "own", "Value": "tag"}]
    aws.ec2.create_tags(Resources=[template["LaunchTemplateId"]], Tags=[{"Key": "own", "Value": "new"}])
    assert aws.ec2.describe_launch_templates(**{"LaunchTemplateIds": [template["LaunchTemplateId"]]})[
        "LaunchTemplates"][0]["Tags"] == [{"Key": "own", "Value": "new"}]
    refused("InvalidLaunchTemplateName.AlreadyExistsException", aws.ec2.create_launch_template,
            LaunchTemplateName="web", LaunchTemplateData=DATA)


def test_tokens(aws, template):
    new = {"LaunchTemplateId": template["LaunchTemplateId"], "LaunchTemplateData": {"ImageId": "ami-2"}}
    made = [aws.ec2.create_launch_template_version(**new, ClientToken="v")["LaunchTemplateVersion"]["VersionNumber"]
            for _ in range(2)]
    assert made == [2, 2]
    other = {"LaunchTemplateName": "other", "LaunchTemplateData": DATA, "ClientToken": "t"}
    made = {aws.ec2.create_launch_template(**other)["LaunchTemplate"]["LaunchTemplateId"] for _ in range(2)}
    assert len(made) == 1


def test_versions_come_and_go(aws, template):
    key = {"LaunchTemplateId": template["LaunchTemplateId"]}
    aws.ec2.create_launch_template_version(**key, SourceVersion="1", LaunchTemplateData={"ImageId": "ami-2"})
    aws.ec2.create_launch_template_version(**key, LaunchTemplateData={"ImageId": "ami-3"})
    shown = aws.ec2.describe_launch_template_versions(**key)["LaunchTemplateVersions"]
    assert [v["VersionNumber"] for v in shown] == [3, 2, 1]
    assert shown[1]["LaunchTemplateData"] == {**DATA, "ImageId": "ami-2"}
    assert shown[0]["LaunchTemplateData"] == {"ImageId": "ami-3"}
    aws.ec2.modify_launch_template(**key, DefaultVersion="2")
    answer = aws.ec2.delete_launch_template_versions(**key, Versions=["1", "2", "3", "9"])
    assert [v["VersionNumber"] for v in answer["SuccessfullyDeletedLaunchTemplateVersions"]] == [1, 3]
    codes = [v["ResponseError"]["Code"] for v in answer["UnsuccessfullyDeletedLaunchTemplateVersions"]]
    assert codes == ["unexpectedError", "launchTemplateVersionDoesNotExist"]
    new = aws.ec2.create_launch_template_version(**key, LaunchTemplateData=DATA)["LaunchTemplateVersion"]
    assert new["VersionNumber"] == 4
    shown = aws.ec2.describe_launch_template_versions(**key, MaxVersion="3")["LaunchTemplateVersions"]
    assert [v["VersionNumber"] for v in shown] == [2]
    found = aws.ec2.describe_launch_templates(LaunchTemplateIds=[key["LaunchTemplateId"]])["LaunchTemplates"][0]
    assert (found["DefaultVersionNumber"], found["LatestVersionNumber"]) == (2, 4)


def test_absent(aws):
    refused("InvalidLaunchTemplateId.NotFound", aws.ec2.describe_launch_templates,
            LaunchTemplateIds=["lt-00000000000000000"])
    refused("InvalidLaunchTemplateName.NotFoundException", aws.ec2.delete_launch_template, LaunchTemplateName="absent")
