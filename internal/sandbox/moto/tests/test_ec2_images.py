"""Images of one's own are made, found and removed as EC2's API reference says."""

import re

import pytest
from conftest import refused
from test_ec2_instances import image, subnet  # noqa: F401: fixtures


@pytest.fixture
def machine(aws, image, subnet):  # noqa: F811
    run = {"MinCount": 1, "MaxCount": 1, "ImageId": image, "InstanceType": "t3.micro", "SubnetId": subnet["SubnetId"],
           "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 12, "VolumeType": "gp3", "Encrypted": True}}]}
    return aws.ec2.run_instances(**run)["Instances"][0]["InstanceId"]


def tagged(**tags):
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def make(aws, machine, name="one"):
    return aws.ec2.create_image(InstanceId=machine, Name=name, Description="d", TagSpecifications=[
        {"ResourceType": "image", "Tags": tagged(project="p", of="image")},
        {"ResourceType": "snapshot", "Tags": tagged(project="p", of="snapshot")}])["ImageId"]


def listed(aws, **filters):
    return aws.ec2.describe_images(Owners=["self"], Filters=[{"Name": f"tag:{k}", "Values": [v]} for k, v in filters.items()])["Images"]


def test_image_has_the_disk_and_tags(aws, machine):
    made = make(aws, machine)
    found, = listed(aws, project="p")
    assert (found["ImageId"], found["Name"], found["RootDeviceName"], found["Architecture"]) == (made, "one", "/dev/xvda", "x86_64")
    disk = found["BlockDeviceMappings"][0]["Ebs"]
    assert (disk["VolumeSize"], disk["VolumeType"], disk["Encrypted"]) == (12, "gp3", True)
    snapshot, = aws.ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "tag:of", "Values": ["snapshot"]}])["Snapshots"]
    assert (snapshot["SnapshotId"], snapshot["VolumeSize"], snapshot["Encrypted"]) == (disk["SnapshotId"], 12, True)
    assert listed(aws, project="other") == []
    aws.ec2.create_tags(Resources=[made, snapshot["SnapshotId"]], Tags=tagged(of="good"))
    assert len(listed(aws, of="good")) == 1 and re.match(r"\d{4}-\d\d-\d\dT", found["CreationDate"])


def test_name_is_unique(aws, machine):
    make(aws, machine)
    assert "already in use" in refused("InvalidAMIName.Duplicate", make, aws=aws, machine=machine)
    refused("InvalidAMIName.Malformed", make, aws=aws, machine=machine, name="a!b")


def test_snapshots_stay_or_go(aws, machine):
    first, second = make(aws, machine), make(aws, machine, "two")
    snapshots = {i["ImageId"]: i["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] for i in listed(aws, project="p")}
    refused("InvalidSnapshot.InUse", aws.ec2.delete_snapshot, SnapshotId=snapshots[first])
    answer = aws.ec2.deregister_image(ImageId=first, DeleteAssociatedSnapshots=True)
    assert answer["DeleteSnapshotResults"] == [{"SnapshotId": snapshots[first], "ReturnCode": "success"}]
    aws.ec2.deregister_image(ImageId=second)
    left = aws.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert [s["SnapshotId"] for s in left] == [snapshots[second]]
    aws.ec2.delete_snapshot(SnapshotId=snapshots[second])
    refused("InvalidAMIID.Unavailable", aws.ec2.deregister_image, ImageId=first)


def test_instance_of_an_image(aws, machine, subnet):  # noqa: F811
    made = make(aws, machine)
    run = {"MinCount": 1, "MaxCount": 1, "ImageId": made, "InstanceType": "t3.micro", "SubnetId": subnet["SubnetId"]}
    assert aws.ec2.run_instances(**run)["Instances"][0]["ImageId"] == made


def test_console(aws, image, subnet):  # noqa: F811
    script = "#!/bin/bash\nNAME='web'\necho \"keyedin: begins $(date)\"\nif false; then\n  echo \"not this\"\nfi\n" \
             "cat <<'END'\necho \"nor this\"\nEND\necho \"keyedin: $NAME is done\"\n"
    key = aws.ec2.run_instances(MinCount=1, MaxCount=1, ImageId=image, InstanceType="t3.micro", SubnetId=subnet["SubnetId"],
                                UserData=script)["Instances"][0]["InstanceId"]
    output = aws.ec2.get_console_output(InstanceId=key, Latest=True)["Output"]
    assert output == "keyedin: begins\r\nkeyedin: web is done\r\n"
    refused("InvalidInstanceID.NotFound", aws.ec2.get_console_output, InstanceId="i-00000000000000000")
