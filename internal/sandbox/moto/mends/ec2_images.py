"""Images of one's own: made of an instance's disk, tagged with their snapshots, removed with them; and what a machine says
on its console while it boots."""

import base64
import datetime
import re

from moto.ec2.exceptions import InvalidInstanceIdError

from gateway.errors import AwsError
from gateway.registry import mend

NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")


def own(call):
    """What we keep of an image that moto does not: {image id: its root volume}."""
    return call.store("disks", "ec2")


@mend("ec2", "CreateImage")
def create(call):
    """API_CreateImage.html: names are unique in an account; tags are given to images and to snapshots, in the same call."""
    backend, p = call.backend(), call.params
    if not NAME.fullmatch(p["Name"]):
        raise AwsError("InvalidAMIName.Malformed", "AMI names must be between 3 and 128 characters long, and may contain letters, "
                       "numbers, '(', ')', '.', '-', '/' and '_'")
    for image in backend.amis.values():
        if image.name == p["Name"] and image.owner_id == call.account:
            raise AwsError("InvalidAMIName.Duplicate", f"AMI name {p['Name']} is already in use by AMI {image.id}")
    instance = machine_of(call)
    if instance.state not in ("running", "stopped"):
        raise AwsError("IncorrectState", f"The instance '{instance.id}' is not in a state from which an image can be made.")
    tags = {"image": {}, "snapshot": {}}
    for each in p.pop("TagSpecifications", []):
        if each["ResourceType"] not in tags:
            raise AwsError("InvalidParameterValue", f"'{each['ResourceType']}' is not a valid taggable resource type for this "
                           "operation.")
        tags[each["ResourceType"]] |= {t["Key"]: t.get("Value", "") for t in each.get("Tags", [])}
    answer = call.next()
    image, source = backend.amis[answer["ImageId"]], backend.amis.get(instance.image_id)
    image.root_device_name = source.root_device_name if source else "/dev/xvda"
    image.root_device_type, image.creation_date = "ebs", datetime.datetime.now(datetime.timezone.utc)
    image.add_tags(tags["image"])
    volumes = [d.volume_id for d in instance.block_device_mapping.values()]
    volume = backend.volumes[volumes[0]] if volumes and volumes[0] in backend.volumes else image.ebs_snapshot.volume
    snapshot = image.ebs_snapshot
    snapshot.volume, snapshot.encrypted = volume, volume.encrypted
    snapshot.add_tags(tags["snapshot"])
    own(call)[image.id] = {"VolumeSize": volume.size, "VolumeType": volume.volume_type or "gp3", "Encrypted": bool(volume.encrypted),
                           "DeleteOnTermination": True, "SnapshotId": snapshot.id}
    return answer


@mend("ec2", "DescribeImages")
def describe(call):
    """API_Image.html: an image says when it was made, and has the disk of the instance it was made of."""
    answer = call.next()
    for image in answer["Images"]:
        if disk := own(call).get(image["ImageId"]):
            image["BlockDeviceMappings"] = [{"DeviceName": image["RootDeviceName"], "Ebs": dict(disk)}]
    return answer


@mend("ec2", "DeregisterImage")
def deregister(call):
    """API_DeregisterImage.html: the snapshots go along where that is asked for, and else stay."""
    backend, key = call.backend(), call.params["ImageId"]
    along = call.params.pop("DeleteAssociatedSnapshots", False)
    if key not in backend.amis:
        code = "InvalidAMIID.Unavailable" if key in backend.deleted_amis else "InvalidAMIID.NotFound"
        raise AwsError(code, f"The image id '[{key}]' {'is no longer available' if code.endswith('able') else 'does not exist'}")
    if backend.amis[key].owner_id != call.account:
        raise AwsError("AuthFailure", f"Not authorized for image:{key}")
    snapshot = backend.amis[key].ebs_snapshot.id
    answer = call.next()
    own(call).pop(key, None)
    if along and snapshot in backend.snapshots:
        backend.delete_snapshot(snapshot)
        answer["DeleteSnapshotResults"] = [{"SnapshotId": snapshot, "ReturnCode": "success"}]
    return answer


@mend("ec2", "DescribeSnapshots")
def snapshots(call):
    """API_DescribeSnapshots.html: OwnerIds, which moto does not look at."""
    owners = [call.account if o == "self" else o for o in call.params.pop("OwnerIds", [])]
    if not owners:
        return None
    own_ids = {s.id for s in call.backend().snapshots.values() if s.owner_id in owners}
    answer = call.next()
    answer["Snapshots"] = [s for s in answer["Snapshots"] if s["SnapshotId"] in own_ids]
    return answer


def machine_of(call):
    """The instance that a call is about."""
    try:
        return call.backend().get_instance(call.params["InstanceId"])
    except InvalidInstanceIdError as error:
        raise AwsError("InvalidInstanceID.NotFound", error.message) from None


ECHO = re.compile(r"""^echo (["'])(.*)\1$""")
VALUE = re.compile(r"^([A-Za-z_]\w*)='([^']*)'$")


def played(script):
    """What a script would say if all went well: its echo lines, as far as they are not part of something else. The sandbox
    runs no machine."""
    known, said, until = {}, [], None
    for line in script.splitlines():
        if until:  # a here document is not run
            until = None if line == until else until
            continue
        if value := VALUE.match(line):
            known[value[1]] = value[2]
        if here := re.search(r"<<-?'?(\w+)'?", line):
            until = here[1]
        if echo := ECHO.match(line):
            text = re.sub(r"\$\([^)]*\)", "", echo[2])
            said.append(re.sub(r"\$\{?(\w+)\}?", lambda m: known.get(m[1], ""), text).rstrip())
    return "".join(f"{line}\r\n" for line in said)


@mend("ec2", "GetConsoleOutput")
def console(call):
    """API_GetConsoleOutput.html: base64 of the console, where cloud-init writes what user data says. A text that was set for
    the instance, for its tag keyedin:purpose or for all ("*") stands in its place."""
    instance = machine_of(call)
    given, purpose = call.store("console", "ec2"), {t["key"]: t["value"] for t in instance.get_tags()}.get("keyedin:purpose")
    text = next((given[k] for k in (instance.id, purpose, "*") if k in given), None)
    if text is None:
        text = played(_script(instance))
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"InstanceId": instance.id, "Timestamp": now, "Output": base64.b64encode(text.encode()).decode()}


def _script(instance):
    data = instance.user_data
    data = data if isinstance(data, bytes) else str(data or "").encode()
    try:
        return base64.b64decode(data, validate=True).decode()
    except ValueError:
        return data.decode(errors="replace")
