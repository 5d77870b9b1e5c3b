"""EC2 in general: client tokens, dry runs, filters AWS knows; and networks, with what keeps each part from going."""

import copy
import functools
import re

from gateway.errors import AwsError
from gateway.models import service_model
from gateway.registry import mend

# Operation -> (member of the answer that is the new thing, its id) of those whose repetition with a token finds it.
_MODEL = service_model("ec2")
TOKENED = [name for name in _MODEL.operation_names if (shape := _MODEL.operation_model(name).input_shape) is not None
           and "ClientToken" in shape.members]


def clean(params):
    return {k: v for k, v in params.items() if k not in ("ClientToken", "DryRun")}


@mend("ec2", "*")
def dry_run(call):
    """API Common Query Parameters: DryRun answers DryRunOperation and changes nothing."""
    if call.params.get("DryRun"):
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


@mend("ec2", *TOKENED)
def client_token(call):
    """devguide ec2-api-idempotency.html: a token repeated with the same parameters answers what the first call made."""
    token = call.params.get("ClientToken")
    if not token:
        return None
    seen = call.store("tokens")
    made = seen.get((call.operation, token))
    if made and made[0] != clean(call.params):
        raise AwsError("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with "
                       "arguments used in previous request(s).")
    if made and (again := _again(call, made[1])):
        return again
    params = copy.deepcopy(clean(call.params))
    answer = call.next()
    seen[call.operation, token] = params, answer
    return answer


def _again(call, answer):
    """What the first call made as it is now, or None when it is gone."""
    backend = call.backend()
    if call.operation == "RunInstances":
        ids = [i["InstanceId"] for i in answer["Instances"]]
        now = call.ask("DescribeInstances", InstanceIds=ids)["Reservations"][0]
        if all(i["State"]["Name"] in ("shutting-down", "terminated") for i in now["Instances"]):
            raise AwsError("IdempotentInstanceTerminated", "The request uses the same client token as a previous "
                           "request for which the instance has been terminated.")
        return answer | now
    if call.operation == "CreateRouteTable":
        return answer if answer["RouteTable"]["RouteTableId"] in backend.route_tables else None
    if call.operation == "CreateVpcEndpoint":
        endpoint = backend.vpc_end_points.get(answer["VpcEndpoint"]["VpcEndpointId"])
        return answer if endpoint and endpoint.state != "deleted" else None
    if call.operation == "CreateNatGateway":
        gateway = backend.nat_gateways.get(answer["NatGateway"]["NatGatewayId"])
        return answer if gateway and gateway.state != "deleted" else None
    if call.operation == "CreateLaunchTemplate":
        return answer if answer["LaunchTemplate"]["LaunchTemplateId"] in backend.launch_templates else None
    if call.operation == "CreateLaunchTemplateVersion":
        made = answer["LaunchTemplateVersion"]
        template = backend.launch_templates.get(made["LaunchTemplateId"])
        there = template and any(v.number == made["VersionNumber"] for v in template.versions)
        return answer if there else None
    return answer


@functools.cache
def _filters(operation):
    """The filters the reference lists for an operation, or none when it lists none."""
    shape = _MODEL.operation_model(operation).input_shape
    member = shape.members.get("Filters") if shape is not None else None
    if member is None:
        return frozenset()
    text = member.documentation or ""
    return frozenset(re.findall(r"<li>\s*<p>\s*<code>([^<]+)</code>", text))


@mend("ec2", "*")
def filters(call):
    """Each Describe call lists its filters; others are InvalidParameterValue."""
    for each in call.params.get("Filters", []) if isinstance(call.params.get("Filters"), list) else []:
        name, known = each.get("Name", ""), _filters(call.operation)
        if known and name not in known and not name.startswith("tag:") and name not in ("tag-key", "tag-value"):
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        if known and not each.get("Values"):
            raise AwsError("InvalidParameterValue", f"The filter '{name}' has no values")


def wildcard(pattern, value):
    """devguide Using_Filtering.html: * is any text, ? is one character, values are case-sensitive."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), str(value)) is not None


def take(call, *names):
    """The values of filters that moto does not know, taken off the call: {name: values}."""
    given = call.params.get("Filters") or []
    taken = {f["Name"]: f["Values"] for f in given if f["Name"] in names}
    if taken:
        call.params["Filters"] = [f for f in given if f["Name"] not in names]
        if not call.params["Filters"]:
            del call.params["Filters"]
    return taken


@mend("ec2", "DescribeAvailabilityZones")
def zones(call):
    """API_AvailabilityZone.html: OptInStatus, GroupName, NetworkBorderGroup; filters opt-in-status and zone-type."""
    wanted = take(call, "opt-in-status", "zone-type", "group-name", "zone-name", "zone-id", "state", "region-name")
    answer = call.next()
    for zone in answer["AvailabilityZones"]:
        zone |= {"OptInStatus": "opt-in-not-required", "GroupName": f"{call.region}-zg-1", "Messages": [],
                 "NetworkBorderGroup": call.region}
    fields = {"opt-in-status": "OptInStatus", "zone-type": "ZoneType", "group-name": "GroupName", "state": "State",
              "zone-name": "ZoneName", "zone-id": "ZoneId", "region-name": "RegionName"}
    answer["AvailabilityZones"] = [z for z in answer["AvailabilityZones"] if all(
        any(wildcard(v, z.get(fields[name], "")) for v in values) for name, values in wanted.items())]
    return answer


@mend("ec2", "CreateVpc")
def default_group(call):
    """userguide default-security-group.html: it lets its own members in."""
    answer = call.next()
    backend, vpc = call.backend(), answer["Vpc"]["VpcId"]
    group = backend.get_default_security_group(vpc)
    if group is not None:
        backend.authorize_security_group_ingress(group.id, "-1", None, None, [], source_groups=[{"GroupId": group.id}])
    return answer


@mend("ec2", "AttachInternetGateway")
def one_gateway(call):
    """API_AttachInternetGateway.html: a VPC has one internet gateway."""
    vpc, gateway = call.params["VpcId"], call.params["InternetGatewayId"]
    for other in call.backend().internet_gateways.values():
        if other.vpc and other.vpc.id == vpc and other.id != gateway:
            raise AwsError("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")


@mend("ec2", "DetachInternetGateway")
def mapped_addresses(call):
    """API_DetachInternetGateway.html: no while the VPC has mapped public addresses."""
    vpc, backend = call.params["VpcId"], call.backend()
    attached = [i for i in backend.enis.values() if i.subnet.vpc_id == vpc and i.public_ip]
    nat = [n for n in backend.nat_gateways.values() if n.vpc_id == vpc and n.state != "deleted"]
    public = [b for b in call.backend("elbv2").load_balancers.values() if b.vpc_id == vpc and
              b.scheme == "internet-facing"]
    if attached or nat or public:
        raise AwsError("DependencyViolation", f"Network {vpc} has some mapped public address(es). Please unmap those "
                       "public address(es) before detaching the gateway.")


@mend("ec2", "DeleteSubnet")
def subnet_in_use(call):
    """API_DeleteSubnet.html: network interfaces must go first, those of services too."""
    subnet, backend = call.params["SubnetId"], call.backend()
    used = [i.id for i in backend.enis.values() if i.subnet.id == subnet]
    used += [n.id for n in backend.nat_gateways.values() if n.subnet_id == subnet and n.state != "deleted"]
    used += [b.name for b in call.backend("elbv2").load_balancers.values() if subnet in (
        s if isinstance(s, str) else s.id for s in b.subnets)]
    rds = call.backend("rds")
    groups = {g.name for g in rds.subnet_groups.values() if any(_id(s) == subnet for s in g.subnets)}
    used += [c.db_cluster_identifier for c in clusters_with_instances(rds) if c.db_subnet_group in groups]
    if used:
        raise AwsError("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")


def clusters_with_instances(rds):
    """The clusters that have network interfaces: a cluster has those of its instances."""
    held = {i.db_cluster_identifier for i in rds.databases.values()}
    return [c for c in rds.clusters.values() if c.db_cluster_identifier in held]


def _id(subnet):
    return subnet.get("SubnetIdentifier") if isinstance(subnet, dict) else getattr(subnet, "id", subnet)


@mend("ec2", "DeleteVpc")
def vpc_in_use(call):
    """API_DeleteVpc.html: gateways, endpoints, security groups, interfaces and all else must go first."""
    vpc, backend = call.params["VpcId"], call.backend()
    used = [g.id for g in backend.internet_gateways.values() if g.vpc and g.vpc.id == vpc]
    used += [g.id for g in backend.groups.get(vpc, {}).values() if not g.is_default]
    used += [e.id for e in backend.vpc_end_points.values() if e.vpc_id == vpc and e.state != "deleted"]
    used += [n.id for n in backend.nat_gateways.values() if n.vpc_id == vpc and n.state != "deleted"]
    used += [i.id for i in backend.enis.values() if i.subnet.vpc_id == vpc]
    if used:
        raise AwsError("DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted.")


@mend("ec2", "DeleteRouteTable")
def main_table(call):
    """API_DeleteRouteTable.html: the main route table goes with its VPC only."""
    table = call.backend().route_tables.get(call.params["RouteTableId"])
    if table is not None and table.main_association_id:
        raise AwsError("DependencyViolation", f"The routeTable '{table.id}' has dependencies and cannot be deleted.")


@mend("ec2", "DeleteNatGateway")
def delete_nat(call):
    """API_DeleteNatGateway.html: it lets go of its address and its interface; its routes become black holes."""
    backend = call.backend()
    gateway = backend.nat_gateways.get(call.params["NatGatewayId"])
    if gateway is None:
        raise AwsError("NatGatewayNotFound", f"The Nat Gateway {call.params['NatGatewayId']} was not found")
    answer = call.next()
    for address in gateway.address_set:
        for eip in backend.address_by_allocation([address["allocationId"]]) if address.get("allocationId") else []:
            eip.eni = eip.association_id = None
    backend.enis.pop(gateway._eni.id, None)
    return answer


@mend("ec2", "ReleaseAddress")
def address_in_use(call):
    """API_ReleaseAddress.html: an address in use is not released."""
    for gateway in call.backend().nat_gateways.values():
        if gateway.state != "deleted" and call.params.get("AllocationId") in [
                a.get("allocationId") for a in gateway.address_set]:
            raise AwsError("InvalidIPAddress.InUse", "The address is in use.")


@mend("ec2", "CreateVpcEndpoint")
def endpoint_service(call):
    """API_CreateVpcEndpoint.html: the type is Gateway unless said; the service must exist in the region."""
    call.params.setdefault("VpcEndpointType", "Gateway")
    name = call.params.get("ServiceName", "")
    gateway = name in (f"com.amazonaws.{call.region}.s3", f"com.amazonaws.{call.region}.dynamodb")
    if not name.startswith(f"com.amazonaws.{call.region}.") or call.params["VpcEndpointType"] == "Gateway" and \
            not gateway:
        raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    for table in call.params.get("RouteTableIds", []):
        if table not in call.backend().route_tables:
            raise AwsError("InvalidRouteTableId.NotFound", f"The routeTable ID '{table}' does not exist")


def _routes(call, endpoint, add=(), remove=()):
    backend, prefix = call.backend(), endpoint.destination_prefix_list_id
    for table in remove:
        routes = backend.route_tables[table]._routes if table in backend.route_tables else {}
        for key in [k for k, r in routes.items() if r.gateway_id == endpoint.id]:
            del routes[key]
    for table in add:
        if table not in backend.route_tables:
            raise AwsError("InvalidRouteTableId.NotFound", f"The routeTable ID '{table}' does not exist")
        backend.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix)


@mend("ec2", "ModifyVpcEndpoint")
def endpoint_tables(call):
    """API_ModifyVpcEndpoint.html: route tables get and lose the route to the service."""
    endpoint = call.backend().vpc_end_points.get(call.params["VpcEndpointId"])
    if endpoint is None or endpoint.state == "deleted":
        raise AwsError("InvalidVpcEndpointId.NotFound",
                       f"The Vpc Endpoint Id '{call.params['VpcEndpointId']}' does not exist")
    now = endpoint.route_table_ids
    _routes(call, endpoint, [t for t in call.params.get("AddRouteTableIds", []) if t not in now],
            call.params.get("RemoveRouteTableIds", []))
    endpoint.route_table_ids = list(dict.fromkeys(
        [t for t in now if t not in call.params.get("RemoveRouteTableIds", [])] + call.params.get("AddRouteTableIds", [])))
    call.params.pop("AddRouteTableIds", None)
    call.params.pop("RemoveRouteTableIds", None)
    if set(call.params) <= {"VpcEndpointId"}:
        return {"Return": True}


@mend("ec2", "DeleteVpcEndpoints")
def delete_endpoints(call):
    """API_DeleteVpcEndpoints.html: routes go along; an id that is not there is listed as unsuccessful."""
    missing, backend = [], call.backend()
    for key in call.params["VpcEndpointIds"]:
        endpoint = backend.vpc_end_points.get(key)
        if endpoint is None or endpoint.state == "deleted":
            missing.append({"ResourceId": key, "Error": {
                "Code": "InvalidVpcEndpointId.NotFound", "Message": f"The Vpc Endpoint Id '{key}' does not exist"}})
            continue
        _routes(call, endpoint, remove=list(backend.route_tables))
        for interface in endpoint.network_interface_ids:
            backend.enis.pop(interface, None)
        endpoint.state, endpoint.route_table_ids = "deleted", []
        del backend.vpc_end_points[key]
    return {"Unsuccessful": missing}


@mend("ec2", "DescribeVpcEndpoints")
def endpoint_filters(call):
    """API_DescribeVpcEndpoints.html."""
    wanted = take(call, "vpc-endpoint-id")
    answer = call.next()
    if wanted:
        answer["VpcEndpoints"] = [e for e in answer["VpcEndpoints"] if any(
            wildcard(v, e["VpcEndpointId"]) for v in wanted["vpc-endpoint-id"])]
    return answer


@mend("ec2", "DeleteKeyPair")
def key_by_id(call):
    """API_DeleteKeyPair.html: by name or by id; one that is not there is no error."""
    key = call.params.pop("KeyPairId", None)
    pairs = call.backend().key_pairs
    name = next((n for n, p in pairs.items() if p.id == key), None) if key else call.params.get("KeyName")
    if not key and not name:
        raise AwsError("MissingParameter", "The request must contain the parameter KeyName or KeyPairId")
    found = pairs.pop(name, None)
    return {"Return": True} | ({"KeyPairId": found.id} if found else {})
