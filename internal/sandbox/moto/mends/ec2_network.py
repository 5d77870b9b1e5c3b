"""EC2 networks: zones, gateways, endpoints with their routes, and what keeps each part from going."""

from gateway.errors import AwsError
from gateway.registry import mend

from .ec2 import take, wildcard


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
