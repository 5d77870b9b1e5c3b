"""What is deleted takes its time to go, and its network interfaces keep subnets and groups from going."""

import copy
import time

from moto.core.exceptions import ServiceException

from gateway.errors import AwsError
from mends.ec2 import wildcard

from .account import behaviour

REQUESTER = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html"
RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html"
BALANCER, DATABASE, INSTANCE = 300, 300, 45


def linger(held, seconds, interfaces):
    """Keeps descriptions of interfaces for a while after they have gone from moto."""
    until = time.monotonic() + held.real(seconds)
    for interface in interfaces if held.linger else []:
        held.of("lingering")[interface["NetworkInterfaceId"]] = until, interface


def lingering(held):
    """The interfaces that are still there."""
    now = time.monotonic()
    return [interface for until, interface in held.of("lingering").values() if now < until]


def described(call, match):
    found = call.ask("DescribeNetworkInterfaces", service="ec2")["NetworkInterfaces"]
    return [i for i in found if match(i)]


@behaviour(REQUESTER, "elbv2", "DeleteLoadBalancer")
def balancer(call, held):
    """The interfaces of a load balancer outlive it by minutes."""
    label = "ELB " + call.params["LoadBalancerArn"].split(":loadbalancer/")[-1]
    interfaces = described(call, lambda i: i.get("Description") == label)
    answer = call.next()
    linger(held, BALANCER, interfaces)
    return answer


@behaviour("https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html", "ec2", "TerminateInstances")
def instance(call, held):
    """An instance holds its interface until it is terminated."""
    ids = call.params["InstanceIds"]
    interfaces = described(call, lambda i: i.get("Attachment", {}).get("InstanceId") in ids and i["Status"] == "in-use")
    before = set(held.of("ended"))
    answer = call.next()
    held.of("ended").update(dict.fromkeys(ids))
    linger(held, INSTANCE, [i for i in interfaces if i["Attachment"]["InstanceId"] not in before])
    return answer


@behaviour("https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeleteAutoScalingGroup.html", "autoscaling",
           "DeleteAutoScalingGroup", "UpdateAutoScalingGroup", "SetDesiredCapacity")
def group(call, held):
    """So do the instances a group ends."""
    ec2, before = call.backend("ec2"), described(call, lambda i: i.get("Attachment", {}).get("InstanceId"))
    answer = call.next()
    running = {i.id for r in ec2.reservations.values() for i in r.instances if i.state != "terminated"}
    gone = [i for i in before if i["Attachment"]["InstanceId"] not in running]
    new = [i for i in gone if i["Attachment"]["InstanceId"] not in held.of("ended")]
    held.of("ended").update(dict.fromkeys(i["Attachment"]["InstanceId"] for i in new))
    linger(held, INSTANCE, new)
    return answer


@behaviour("https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html", "ec2",
           "DescribeNetworkInterfaces")
def interfaces(call, held):
    """Interfaces that linger are listed."""
    filters = {f["Name"]: f["Values"] for f in call.params.get("Filters", [])}
    answer = call.next()
    there = {i["NetworkInterfaceId"] for i in answer["NetworkInterfaces"]}
    for found in lingering(held):
        has = {"vpc-id": [found["VpcId"]], "subnet-id": [found["SubnetId"]], "description": [found.get("Description", "")],
               "group-id": [g["GroupId"] for g in found.get("Groups", [])], "status": [found.get("Status", "in-use")]}
        if found["NetworkInterfaceId"] not in there and all(
                any(wildcard(v, h) for v in values for h in has.get(name, [])) for name, values in filters.items()):
            answer["NetworkInterfaces"].append(found)
    return answer


@behaviour("https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html", "ec2", "DeleteSecurityGroup")
def group_held(call, held):
    """An interface that lingers holds its groups: DependencyViolation."""
    key = call.params.get("GroupId")
    if any(g["GroupId"] == key for i in lingering(held) for g in i.get("Groups", [])):
        raise AwsError("DependencyViolation", f"resource {key} has a dependent object")


@behaviour("https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html", "ec2", "DeleteSubnet")
def subnet_held(call, held):
    """An interface that lingers holds its subnet: DependencyViolation."""
    key = call.params["SubnetId"]
    if any(i["SubnetId"] == key for i in lingering(held)):
        raise AwsError("DependencyViolation", f"The subnet '{key}' has dependencies and cannot be deleted.")


@behaviour("https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html", "ec2",
           "DetachInternetGateway")
def gateway_held(call, held):
    """Public addresses that linger hold the gateway: DependencyViolation."""
    key = call.params["VpcId"]
    if any(i["VpcId"] == key for i in lingering(held)):
        raise AwsError("DependencyViolation", f"Network {key} has some mapped public address(es). Please unmap those "
                       "public address(es) before detaching the gateway.")


def _leave(held, kind, key, description, seconds, **more):
    if held.slow:
        until = time.monotonic() + held.real(seconds)
        held.of(kind)[key] = until, description | more


def _leaving(held, kind):
    now = time.monotonic()
    return {key: shown for key, (until, shown) in held.of(kind).items() if now < until}


@behaviour("https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html", "rds", "DeleteDBInstance")
def database(call, held):
    """An instance is deleting for minutes, and its interface is there as long."""
    key = call.params["DBInstanceIdentifier"].lower()
    if key in _leaving(held, "instances"):
        raise AwsError("InvalidDBInstanceState", f"Instance {key} is already being deleted.")
    shown = _ask(call, "DescribeDBInstances", "DBInstances", DBInstanceIdentifier=key)
    cluster = _ask(call, "DescribeDBClusters", "DBClusters", DBClusterIdentifier=shown.get("DBClusterIdentifier", "-"))
    answer = call.next()
    _leave(held, "instances", key, shown, DATABASE, DBInstanceStatus="deleting")
    groups = [{"GroupId": g["VpcSecurityGroupId"]} for g in cluster.get("VpcSecurityGroups", [])]
    subnets = _ask(call, "DescribeDBSubnetGroups", "DBSubnetGroups", DBSubnetGroupName=cluster.get("DBSubnetGroup", "-"))
    linger(held, DATABASE, [{
        "NetworkInterfaceId": f"eni-{abs(hash(key)) % 16**17:017x}", "SubnetId": s["SubnetIdentifier"],
        "VpcId": subnets.get("VpcId"), "Groups": groups, "Description": "RDSNetworkInterface", "Status": "in-use",
        "InterfaceType": "interface", "RequesterManaged": True} for s in subnets.get("Subnets", [])[:1]])
    return answer


def _ask(call, operation, member, **params):
    try:
        return (call.ask(operation, **params)[member] or [{}])[0]
    except (AwsError, ServiceException):
        return {}


@behaviour(RDS, "rds", "DeleteDBCluster")
def cluster(call, held):
    """A cluster is deleting as long as its instances are, and then some."""
    key = call.params["DBClusterIdentifier"].lower()
    if key in _leaving(held, "clusters"):
        raise AwsError("InvalidDBClusterStateFault", f"Cluster {key} is already being deleted.")
    shown = _ask(call, "DescribeDBClusters", "DBClusters", DBClusterIdentifier=key)
    answer = call.next()
    last = max([until for until, i in held.of("instances").values() if i.get("DBClusterIdentifier") == key], default=0)
    after = max(0, last - time.monotonic()) * held.scale
    _leave(held, "clusters", key, shown, after + 60, Status="deleting", DBClusterMembers=[])
    return answer


MEMBERS = {"db-cluster-id": "DBClusterIdentifier", "db-instance-id": "DBInstanceIdentifier", "engine": "Engine"}


def _listed(operation, member, kind, name, code, what):
    @behaviour(RDS, "rds", operation)
    def listed(call, held):
        """What is deleting is listed."""
        leaving, asked, given = _leaving(held, kind), call.params.get(name, "").lower(), copy.deepcopy(call.params)
        if asked in leaving:
            return {member: [leaving[asked]]}
        answer = call.next()
        there, filters = {each[name] for each in answer[member]}, given.get("Filters", [])
        answer[member] += [shown for key, shown in leaving.items() if not asked and key not in there and all(
            shown.get(MEMBERS[f["Name"]]) in [v.split(":")[-1].lower() for v in f["Values"]] for f in filters)]
        return answer

    @behaviour(RDS, "rds", operation.replace("Describe", "Create").removesuffix("s"))
    def taken(call, held):
        """Its name is taken until it is gone."""
        if call.params[name].lower() in _leaving(held, kind):
            raise AwsError(code, f"{what} already exists")


_listed("DescribeDBClusters", "DBClusters", "clusters", "DBClusterIdentifier", "DBClusterAlreadyExistsFault", "DB Cluster")
_listed("DescribeDBInstances", "DBInstances", "instances", "DBInstanceIdentifier", "DBInstanceAlreadyExists", "DB instance")


@behaviour("https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSubnetGroup.html", "rds",
           "DeleteDBSubnetGroup")
def subnets_held(call, held):
    """A cluster that is deleting holds its subnets: InvalidDBSubnetGroupStateFault."""
    name = call.params["DBSubnetGroupName"].lower()
    if any(c.get("DBSubnetGroup") == name for c in _leaving(held, "clusters").values()):
        raise AwsError("InvalidDBSubnetGroupStateFault", f"Cannot delete the subnet group '{name}' because at least one "
                       f"database instance is still using it.")


@behaviour("https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBClusterParameterGroup.html", "rds",
           "DeleteDBClusterParameterGroup")
def parameters_held(call, held):
    """And its parameters: InvalidDBParameterGroupState."""
    name = call.params["DBClusterParameterGroupName"].lower()
    if any(c.get("DBClusterParameterGroup") == name for c in _leaving(held, "clusters").values()):
        raise AwsError("InvalidDBParameterGroupState", "One or more database instances are still members of this parameter "
                       f"group {name}, so the group cannot be deleted")
