"""Session Manager: sessions lead nowhere here, until a test says where."""

import pytest
from botocore.exceptions import ClientError


def code(of):
    return of.value.response["Error"]["Code"]


def test_not_connected(aws):
    image = aws.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    machine = aws.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro")["Instances"][0]
    for target in (machine["InstanceId"], "i-0123456789abcdef0"):
        with pytest.raises(ClientError) as refused:
            aws.ssm.start_session(Target=target, DocumentName="AWS-StartSSHSession")
        assert code(refused) == "TargetNotConnected"
    with pytest.raises(ClientError) as refused:
        aws.ssm.start_session(Target=machine["InstanceId"], DocumentName="AWS-Nothing")
    assert code(refused) == "InvalidDocument"


@pytest.mark.parametrize("call", ["resume_session", "terminate_session"])
def test_no_session(aws, call):
    with pytest.raises(ClientError) as refused:
        getattr(aws.ssm, call)(SessionId="keyedin-0123456789abcdef0")
    assert code(refused) == "DoesNotExistException"
