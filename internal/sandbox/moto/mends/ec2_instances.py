"""EC2 instances: made of a request and a launch template together, refused as EC2 does, found by every filter."""

import copy

from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.utils import parse_user_data

from gateway.errors import AwsError
from gateway.registry import mend

from .ec2 import take, wildcard
from .ec2_templates import data_of, version_of

ROOT = {"VolumeSize": 8, "VolumeType": "gp3"}  # what the images of Amazon Linux 2023 say of their root volume


def merged(call, params):
    """The parameters of RunInstances with those of the launch template under them, and the template's version."""
    params = copy.deepcopy(params)
    wanted = params.pop("LaunchTemplate", None)
    if not wanted:
        return params, None
    version = version_of(call, wanted)
    data = copy.deepcopy(data_of(version))
    if "SubnetId" in params and data.get("NetworkInterfaces"):
        data["NetworkInterfaces"][0]["SubnetId"] = params.pop("SubnetId")
    tags = data.pop("TagSpecifications", []) + params.get("TagSpecifications", [])
    return {**data, **params, "TagSpecifications": tags}, version


def check(call, params):
    """API_RunInstances.html: what it names must exist and fit together."""
    backend, image_id = call.backend("ec2"), params.get("ImageId")
    if not image_id:
        raise AwsError("MissingParameter", "The request must contain the parameter ImageId")
    image = backend.amis.get(image_id)
    if image is None:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    kind = params.setdefault("InstanceType", "m1.small")
    if kind not in INSTANCE_TYPES:
        raise AwsError("InvalidParameterValue", f"Invalid value '{kind}' for InstanceType.")
    fits = INSTANCE_TYPES[kind].get("ProcessorInfo", {}).get("SupportedArchitectures", [])
    if image.architecture and fits and image.architecture not in fits:
        raise AwsError("InvalidParameterValue", f"The architecture '{','.join(fits)}' of the specified instance type "
                       f"does not match the architecture '{image.architecture}' of the specified AMI. Specify an "
                       "instance type and an AMI that have matching architectures, and try again.")
    key = params.get("KeyName")
    if key and key not in backend.key_pairs:
        raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist")
    profile_of(call, params.get("IamInstanceProfile"))
    interfaces = params.get("NetworkInterfaces", [])
    if interfaces and ("SubnetId" in params or "SecurityGroupIds" in params):
        what = "subnet ID" if "SubnetId" in params else "security groups"
        raise AwsError("InvalidParameterCombination", f"Network interfaces and an instance-level {what} may not be "
                       "specified on the same request")
    for group in params.get("SecurityGroupIds", []) + [g for i in interfaces for g in i.get("Groups", [])]:
        if backend.get_security_group_from_id(group) is None:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{group}' does not exist")
    for subnet in [params.get("SubnetId")] + [i.get("SubnetId") for i in interfaces]:
        if subnet:
            backend.get_subnet(subnet)
    return image


def profile_of(call, wanted):
    """The instance profile that an IamInstanceProfile names."""
    if not wanted:
        return None
    field = "Name" if "Name" in wanted else "Arn"
    for profile in call.backend("iam").instance_profiles.values():
        if wanted.get(field) in (profile.name if field == "Name" else profile.arn,):
            return profile
    raise AwsError("InvalidParameterValue", f"Value ({wanted.get(field)}) for parameter iamInstanceProfile."
                   f"{field.lower()} is invalid. Invalid IAM Instance Profile {'name' if field == 'Name' else 'ARN'}")


def _disks(image, params):
    """API_BlockDeviceMapping.html: the image's root volume with what the request says of it, and the other devices."""
    disks, root = [], image.root_device_name or "/dev/xvda"
    given = {d["DeviceName"]: d.get("Ebs", {}) for d in params.get("BlockDeviceMappings", [])}
    for device in dict.fromkeys([root, *given]):
        ebs = {"DeleteOnTermination": True, "Encrypted": False, **(ROOT if device == root else {}), **given.get(device, {})}
        disks.append({"DeviceName": device, "Ebs": {"SnapshotId": None, "KmsKeyId": None, **ebs}})
    return disks


def _tags(params, kind):
    return {t["Key"]: t.get("Value", "") for s in params.get("TagSpecifications", []) if s["ResourceType"] == kind
            for t in s.get("Tags", [])}


def start(call, params, count):
    """New instances by the parameters of RunInstances, as moto's models of them."""
    params, version = merged(call, params)
    image, backend = check(call, params), call.backend("ec2")
    nics = copy.deepcopy(params.get("NetworkInterfaces", []))
    for nic in nics:
        nic.setdefault("DeviceIndex", 0)
        if not nic.get("SubnetId") and "NetworkInterfaceId" not in nic:
            nic["SubnetId"] = _default_subnet(backend, params)
    subnet_id = None if nics else params.get("SubnetId") or _default_subnet(backend, params)
    vpc = backend.get_subnet(subnet_id or nics[0].get("SubnetId")).vpc_id
    groups = params.get("SecurityGroupIds") or (nics[0].get("Groups") if nics else None) or \
        [backend.get_default_security_group(vpc).id]
    monitored = (params.get("Monitoring") or {}).get("Enabled")
    reservation = backend.run_instances(
        image.id, count, parse_user_data(params.get("UserData")), [], instance_type=params["InstanceType"],
        is_instance_type_default=False, region_name=call.region, subnet_id=subnet_id, key_name=params.get("KeyName"),
        security_group_ids=list(groups), nics=nics, private_ip=params.get("PrivateIpAddress"), associate_public_ip=None,
        tags={"instance": _tags(params, "instance"), "volume": _tags(params, "volume")},
        ebs_optimized=params.get("EbsOptimized", False), disable_api_stop=params.get("DisableApiStop", False),
        disable_api_termination=params.get("DisableApiTermination", False),
        instance_market_options=(params.get("InstanceMarketOptions") or {}).get("MarketType"),
        instance_initiated_shutdown_behavior=params.get("InstanceInitiatedShutdownBehavior"), launch_template={},
        monitoring_state="enabled" if monitored else "disabled", client_token=params.get("ClientToken"),
        metadata_options=_metadata(image, params.get("MetadataOptions")), block_device_mappings=_disks(image, params))
    profile = profile_of(call, params.get("IamInstanceProfile"))
    for instance in reservation.instances:
        if version:
            instance.add_tags({"aws:ec2launchtemplate:id": version.template.id,
                               "aws:ec2launchtemplate:version": str(version.number)})
        for index, interface in instance.nics.items():
            spec = next((n for n in nics if int(n.get("DeviceIndex", 0)) == index), {})
            interface.delete_on_termination = spec.get("DeleteOnTermination", True)
            interface.add_tags(_tags(params, "network-interface"))
        if profile:
            backend.associate_iam_instance_profile(instance.id, iam_instance_profile_name=profile.name)
    return reservation


def _default_subnet(backend, params):
    zone = (params.get("Placement") or {}).get("AvailabilityZone")
    subnets = backend.get_default_subnets()
    if not subnets:
        raise AwsError("MissingInput", "No subnets found for the default VPC. Please specify a subnet.")
    return subnets[zone if zone in subnets else sorted(subnets)[0]].id


def _metadata(image, given):
    """API_InstanceMetadataOptionsRequest.html: images with ImdsSupport v2.0 ask for tokens and allow two hops."""
    new = str(image.name or "").startswith("al2023")
    return {"HttpTokens": "required" if new else "optional", "HttpPutResponseHopLimit": 2 if new else 1, **(given or {})}


@mend("ec2", "RunInstances")
def run(call):
    """API_RunInstances.html: what the launch template says holds where the request says nothing."""
    low, high = call.params["MinCount"], call.params["MaxCount"]
    if not 1 <= low <= high:
        raise AwsError("InvalidParameterValue", f"Value ({low}) for parameter minCount is invalid.")
    params = {k: v for k, v in call.params.items() if k not in ("MinCount", "MaxCount", "DryRun")}
    reservation = start(call, params, high)
    ids = [i.id for i in reservation.instances]
    answer = call.ask("DescribeInstances", InstanceIds=ids)["Reservations"][0]
    for instance in answer["Instances"]:
        instance["State"] = {"Code": 0, "Name": "pending"}
    return answer


EXTRA = {"client-token": lambda i: [i.get("ClientToken")],
         "iam-instance-profile.arn": lambda i: [i.get("IamInstanceProfile", {}).get("Arn")],
         "network-interface.subnet-id": lambda i: [n.get("SubnetId") for n in i.get("NetworkInterfaces", [])],
         "metadata-options.http-tokens": lambda i: [i.get("MetadataOptions", {}).get("HttpTokens")]}


@mend("ec2", "DescribeInstances")
def describe(call):
    """API_DescribeInstances.html: filters moto does not know, and the processors of each."""
    wanted = take(call, *EXTRA)
    answer = call.next()
    for reservation in answer["Reservations"]:
        for instance in reservation["Instances"]:
            cpu = INSTANCE_TYPES.get(instance["InstanceType"], {}).get("VCpuInfo", {})
            threads = cpu.get("DefaultThreadsPerCore", 1)
            instance["CpuOptions"] = {"CoreCount": cpu.get("DefaultVCpus", threads) // threads, "ThreadsPerCore": threads}
    if wanted:
        for reservation in answer["Reservations"]:
            reservation["Instances"] = [i for i in reservation["Instances"] if all(
                any(wildcard(v, found) for v in values for found in EXTRA[name](i) if found)
                for name, values in wanted.items())]
        answer["Reservations"] = [r for r in answer["Reservations"] if r["Instances"]]
    return answer


@mend("ec2", "TerminateInstances")
def terminate(call):
    """API_TerminateInstances.html: shutting-down at first; one that has ended already stays as it is."""
    backend, ended = call.backend(), {"Code": 48, "Name": "terminated"}
    there = {i.id: i for r in backend.reservations.values() for i in r.instances}
    done = [k for k in call.params["InstanceIds"] if k in there and there[k].state == "terminated"]
    call.params["InstanceIds"] = [k for k in call.params["InstanceIds"] if k not in done]
    answer = call.next() if call.params["InstanceIds"] else {"TerminatingInstances": []}
    for each in answer["TerminatingInstances"]:
        each["CurrentState"] = {"Code": 32, "Name": "shutting-down"}
    answer["TerminatingInstances"] += [{"InstanceId": k, "CurrentState": ended, "PreviousState": ended} for k in done]
    return answer


@mend("ec2", "ModifyInstanceMetadataOptions")
def metadata(call):
    """API_ModifyInstanceMetadataOptions.html: what is not given stays."""
    options = call.backend().get_instance(call.params["InstanceId"]).metadata_options
    now = {"HttpTokens": options.http_tokens, "HttpPutResponseHopLimit": options.http_put_response_hop_limit,
           "HttpEndpoint": options.http_endpoint, "HttpProtocolIpv6": options.http_protocol_ipv6,
           "InstanceMetadataTags": options.instance_metadata_tags}
    for name, value in now.items():
        call.params.setdefault(name, value)


@mend("ec2", "ModifyInstanceAttribute")
def groups(call):
    """API_ModifyInstanceAttribute.html: the groups are those of the primary interface."""
    if "Groups" in call.params:
        backend = call.backend()
        found = [backend.get_security_group_from_id(g) for g in call.params["Groups"]]
        if None in found:
            missing = call.params["Groups"][found.index(None)]
            raise AwsError("InvalidGroup.NotFound", f"The security group '{missing}' does not exist")
        instance = backend.get_instance(call.params["InstanceId"])
        instance.security_groups = found
        instance.nics[0]._group_set = found
        return {}


@mend("ec2", "ReplaceIamInstanceProfileAssociation", "AssociateIamInstanceProfile")
def replace_profile(call):
    """API_ReplaceIamInstanceProfileAssociation.html: the instance shows its new profile."""
    profile = profile_of(call, call.params["IamInstanceProfile"])
    answer = call.next()
    instance = call.backend().get_instance(answer["IamInstanceProfileAssociation"]["InstanceId"])
    instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}
    return answer


@mend("ec2", "DescribeImages")
def images(call):
    """API_Image.html: ImdsSupport of Amazon Linux 2023, gp3 root volumes of 8 GiB."""
    answer = call.next()
    for image in answer["Images"]:
        if image.get("Name", "").startswith("al2023"):
            image["ImdsSupport"] = "v2.0"
            image["BlockDeviceMappings"][0]["Ebs"] |= {**ROOT, "DeleteOnTermination": True, "Encrypted": False}
    return answer
