"""What was made a moment ago is not seen everywhere yet: seen, unseen, seen."""

import time

from gateway.errors import AwsError

from .account import behaviour

EC2 = "https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html"
IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency"
ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html"

# How a fresh object shows in one call after the other: 0 is unseen. After that it is seen.
LISTED = ("", "0", "00", "010", "0010", "101")
USED = ("", "", "0", "00")


class Kind:
    """One kind of object: what makes it, what lists it, and the error for one that is not known yet."""

    def __init__(self, page, service, creates, made, listing, code, words):
        self.page, self.service, self.creates, self.made = page, service, creates, made.split(".")
        self.lists, self.list, self.id = listing
        self.code, self.words = code, words
        # EC2's and ELB's own ids are like no other text; a name is one only in the member that is for it.
        self.scope = self.id if self.id.endswith("Name") else ""


# made is the path to the id in the answer; a listing is (operation, path to the list, member with the id).
KINDS = [
    Kind(EC2, "ec2", "CreateVpc", "Vpc.VpcId", ("DescribeVpcs", "Vpcs", "VpcId"),
         "InvalidVpcID.NotFound", "The vpc ID '{}' does not exist"),
    Kind(EC2, "ec2", "CreateSubnet", "Subnet.SubnetId", ("DescribeSubnets", "Subnets", "SubnetId"),
         "InvalidSubnetID.NotFound", "The subnet ID '{}' does not exist"),
    Kind(EC2, "ec2", "CreateSecurityGroup", "GroupId", ("DescribeSecurityGroups", "SecurityGroups", "GroupId"),
         "InvalidGroup.NotFound", "The security group '{}' does not exist"),
    Kind(EC2, "ec2", "CreateInternetGateway", "InternetGateway.InternetGatewayId",
         ("DescribeInternetGateways", "InternetGateways", "InternetGatewayId"),
         "InvalidInternetGatewayID.NotFound", "The internetGateway ID '{}' does not exist"),
    Kind(EC2, "ec2", "CreateRouteTable", "RouteTable.RouteTableId",
         ("DescribeRouteTables", "RouteTables", "RouteTableId"),
         "InvalidRouteTableID.NotFound", "The routeTable ID '{}' does not exist"),
    Kind(EC2, "ec2", "CreateVpcEndpoint", "VpcEndpoint.VpcEndpointId",
         ("DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId"),
         "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '{}' does not exist"),
    Kind(EC2, "ec2", "RunInstances", "Instances.InstanceId", ("DescribeInstances", "Reservations.Instances", "InstanceId"),
         "InvalidInstanceID.NotFound", "The instance ID '{}' does not exist"),
    Kind(EC2, "ec2", "CreateImage", "ImageId", ("DescribeImages", "Images", "ImageId"),
         "InvalidAMIID.NotFound", "The image id '[{}]' does not exist"),
    Kind(EC2, "ec2", "CreateLaunchTemplate", "LaunchTemplate.LaunchTemplateId",
         ("DescribeLaunchTemplates", "LaunchTemplates", "LaunchTemplateId"),
         "InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID {}, does not exist."),
    Kind(EC2, "ec2", "ImportKeyPair", "KeyName", ("DescribeKeyPairs", "KeyPairs", "KeyName"),
         "InvalidKeyPair.NotFound", "The key pair '{}' does not exist"),
    Kind(ELB, "elbv2", "CreateLoadBalancer", "LoadBalancers.LoadBalancerArn",
         ("DescribeLoadBalancers", "LoadBalancers", "LoadBalancerArn"),
         "LoadBalancerNotFound", "Load balancer '{}' not found"),
    Kind(ELB, "elbv2", "CreateTargetGroup", "TargetGroups.TargetGroupArn",
         ("DescribeTargetGroups", "TargetGroups", "TargetGroupArn"), "TargetGroupNotFound", "Target group '{}' not found"),
    Kind(IAM, "iam", "CreateRole", "Role.RoleName", ("ListRoles", "Roles", "RoleName"),
         "NoSuchEntity", "The role with name {} cannot be found."),
    Kind(IAM, "iam", "CreateInstanceProfile", "InstanceProfile.InstanceProfileName",
         ("ListInstanceProfiles", "InstanceProfiles", "InstanceProfileName"),
         "NoSuchEntity", "Instance Profile {} cannot be found."),
]

# Calls that have another code for the same: the API reference of each.
CODES = {
    ("CreateVpcEndpoint", "InvalidVpcID.NotFound"): "InvalidVpcId.NotFound",
    ("CreateVpcEndpoint", "InvalidRouteTableID.NotFound"): "InvalidRouteTableId.NotFound",
    ("ModifyVpcEndpoint", "InvalidRouteTableID.NotFound"): "InvalidRouteTableId.NotFound",
    ("CreateRoute", "InvalidInternetGatewayID.NotFound"): "InvalidGatewayID.NotFound",
}

# What a template names is not looked up before it is used:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/create-launch-template.html
BLIND = {"CreateLaunchTemplate", "CreateLaunchTemplateVersion", "DescribeTags"}


def at(value, path):
    """The values at a path, through lists."""
    if isinstance(value, list):
        return [found for each in value for found in at(each, path)]
    if not path:
        return [] if value is None else [value]
    return at(value.get(path[0]), path[1:]) if isinstance(value, dict) else []


def texts(value, member=""):
    """All strings in a value, with the names of the members they are in."""
    if isinstance(value, str):
        yield member, value
    if isinstance(value, dict):
        for name, each in value.items():
            yield from texts(each, name)
    for each in value if isinstance(value, list) else ():
        yield from texts(each, member)


def named(held, service, params):
    """The fresh objects that parameters name, as (scope, id)."""
    fresh, found = held.of("fresh"), {}
    for member, text in texts(params):
        for scope in ("", member, member.removesuffix("s")):
            if (service, scope, text) in fresh:
                found[scope, text] = True
    return list(found)


def unseen(held, service, scope, key, how, patterns):
    """Whether a fresh object is unseen in this call; how is the sort of call."""
    entry = held.of("fresh").get((service, scope, key))
    if entry is None:
        return False
    if time.monotonic() - entry["born"] > held.real(held.fresh):
        del held.of("fresh")[service, scope, key]
        return False
    pattern = patterns[held.draw(entry["number"], how) % len(patterns)]
    count = entry["calls"][how] = entry["calls"].get(how, 0) + 1
    return count <= len(pattern) and pattern[count - 1] == "0"


def _register(kind):
    @behaviour(kind.page, kind.service, kind.creates)
    def made(call, held):
        """What is made is fresh."""
        answer, fresh = call.next(), held.of("fresh")
        for key in at(answer, kind.made):
            if (found := (kind.service, kind.scope, key)) not in held.of("known"):
                held.of("known")[found] = True
                fresh[found] = {"born": time.monotonic(), "kind": kind, "calls": {}, "number": len(held.of("known"))}
        return answer

    @behaviour(kind.page, kind.service, kind.lists)
    def listed(call, held):
        """Listings leave a fresh object out, now and then; asked for by its id it is not found."""
        answer, path = call.next(), kind.list.split(".")
        asked = {text for _, text in texts({k: v for k, v in call.params.items() if k != "Filters"})}
        hidden = {key for each in at(answer, path) if isinstance(key := each.get(kind.id), str)
                  and unseen(held, kind.service, kind.scope, key, kind.lists, LISTED)}
        for key in hidden & asked:
            raise AwsError(kind.code, kind.words.format(key), 404 if kind.service == "iam" else 400)
        for parent in at(answer, path[:-1]) if len(path) > 1 else [answer]:
            parent[path[-1]] = [e for e in parent.get(path[-1], []) if e.get(kind.id) not in hidden]
        if len(path) > 1:
            answer[path[0]] = [p for p in answer[path[0]] if p[path[1]]]
        return answer


for _kind in KINDS:
    _register(_kind)


def _used(service, page):
    @behaviour(page, service, "*")
    def used(call, held):
        """Calls that name a fresh object may not know it yet."""
        if not held.of("fresh") or call.operation in BLIND | {k.lists for k in KINDS}:
            return None
        # A filter that fits nothing is no error.
        for scope, key in named(held, service, {k: v for k, v in call.params.items() if k != "Filters"}):
            kind = held.of("fresh")[service, scope, key]["kind"]
            if call.operation.startswith(("Delete", "Create")) and service == "iam" or call.operation == kind.creates:
                continue
            if unseen(held, service, scope, key, call.operation, USED):
                raise AwsError(CODES.get((call.operation, kind.code), kind.code), kind.words.format(key),
                               404 if service == "iam" else 400)
        return None


_used("ec2", EC2)
_used("iam", IAM)
