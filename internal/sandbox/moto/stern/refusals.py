"""Refusals of what comes at the wrong moment: before IAM's news has gone round, beside another call, without capacity."""

import time

from gateway.errors import AwsError
from mends import autoscaling_instances as autoscaling
from mends.ec2_instances import merged

from .account import behaviour, of

IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"


@behaviour(IAM, "iam", "CreateRole", "PutRolePolicy", "AttachRolePolicy", "CreateInstanceProfile", "AddRoleToInstanceProfile")
def changed(call, held):
    """What IAM has taken goes round in the background."""
    answer = call.next()
    for member in ("RoleName", "InstanceProfileName"):
        if member in call.params:
            held.of("identities").setdefault(call.params[member], time.monotonic())
    return answer


def _unknown(held, name):
    since = held.of("identities").get(name)
    return since is not None and time.monotonic() - since < held.real(held.iam)


def _profile(held, profile):
    if not profile:
        return None
    name = profile.get("Name") or profile.get("Arn", "").rpartition("/")[2]
    if not _unknown(held, name):
        return None
    member = "name" if "Name" in profile else "arn"
    shown = profile.get("Name") or profile.get("Arn")
    return (f"Value ({shown}) for parameter iamInstanceProfile.{member} is invalid. Invalid IAM Instance Profile "
            f"{'name' if member == 'name' else 'ARN'}")


@behaviour("https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html", "ec2", "RunInstances",
           "AssociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation")
def profile_unknown(call, held):
    """EC2 does not know a fresh instance profile: InvalidParameterValue."""
    wanted = call.params.get("IamInstanceProfile") or \
        (merged(call, call.params)[0].get("IamInstanceProfile") if call.params.get("LaunchTemplate") else None)
    if words := _profile(held, wanted):
        raise AwsError("InvalidParameterValue", words)


@behaviour("https://docs.aws.amazon.com/autoscaling/ec2/userguide/us-iam-role.html", "autoscaling", "CreateAutoScalingGroup",
           "UpdateAutoScalingGroup")
def profile_of_group(call, held):
    """Nor does Auto Scaling: ValidationError."""
    p = call.params
    spec = p.get("LaunchTemplate") or ((p.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}).get(
        "LaunchTemplateSpecification")
    if spec and (words := _profile(held, merged(call, {"LaunchTemplate": spec})[0].get("IamInstanceProfile"))):
        raise AwsError("ValidationError", f"You must use a valid fully-formed launch template. {words}")


@behaviour("https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-iam.html", "codedeploy",
           "CreateDeploymentGroup", "UpdateDeploymentGroup")
def role_unknown(call, held):
    """CodeDeploy cannot assume a fresh role: InvalidRoleException."""
    role = (call.params.get("serviceRoleArn") or "").rpartition("/")[2]
    if _unknown(held, role):
        raise AwsError("InvalidRoleException", "AWS CodeDeploy does not have the permissions required to assume the role "
                       f"{call.params['serviceRoleArn']}.")


def _beside(held, kind, key, call):
    """Whether a call came while another of the kind was under way for the same key; notes when this one has ended."""
    ends, arrived = held.of(kind), call.request.arrived
    if arrived < ends.get(key, 0):
        return True
    try:
        call.stern_answer = call.answer()
    finally:
        ends[key] = time.monotonic()
    return False


@behaviour("https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList", "s3", "CreateBucket",
           "PutBucketVersioning", "PutBucketEncryption", "PutPublicAccessBlock", "PutBucketOwnershipControls", "PutBucketCors",
           "PutBucketLifecycleConfiguration", "PutBucketPolicy", "PutBucketTagging", "DeleteBucket")
def one_setting(call, held):
    """Settings of a bucket that are changed at the same time: OperationAborted."""
    if _beside(held, "buckets", call.params["Bucket"], call):
        raise AwsError("OperationAborted", "A conflicting conditional operation is currently in progress against this "
                       "resource. Please try again.", 409)
    return call.stern_answer


@behaviour("https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html", "route53",
           "ChangeResourceRecordSets")
def one_batch(call, held):
    """A zone that is still busy with another batch: PriorRequestNotComplete."""
    if _beside(held, "zones", call.params["HostedZoneId"], call):
        raise AwsError("PriorRequestNotComplete", "The request was rejected because Route 53 was still processing a prior "
                       "request.")
    return call.stern_answer


SPOT = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-capacity.html"
_start, _subnet = autoscaling.start, autoscaling._subnet


def start(call, params, count):
    """On demand: a zone without spot capacity."""
    held = of(call)
    spot = (params.get("InstanceMarketOptions") or {}).get("MarketType") == "spot"
    if held and spot and held.no_spot:
        subnet = call.backend("ec2").get_subnet(params["SubnetId"])
        if "*" in held.no_spot or subnet.availability_zone in held.no_spot:
            held.of("dry")[subnet.id] = time.monotonic()
            raise AwsError("UnfulfillableCapacity", "Could not launch Spot Instances. UnfulfillableCapacity - Unable to "
                           "fulfill capacity due to your request configuration. Please adjust your request and try again.")
    return _start(call, params, count)


def launch(call, group, held):
    """A group tries its other zones when one has no capacity."""
    mine = of(call)
    if mine is None or not mine.no_spot:
        return _launch(call, group, held)
    subnets = group.vpc_zone_identifier
    try:
        for subnet in sorted(subnets.split(","), key=lambda s: sum(i.instance.subnet_id == s for i in group.instance_states)):
            group.vpc_zone_identifier = subnet
            if made := _launch(call, group, held):
                return made
    finally:
        group.vpc_zone_identifier = subnets
    return None


_launch = autoscaling.launch
autoscaling.start, autoscaling.launch = start, launch


@behaviour(SPOT, "autoscaling", "DescribeScalingActivities")
def activities(call, held):
    """A launch that fails is no error of a call: it is told among the activities of its group."""
    return None
