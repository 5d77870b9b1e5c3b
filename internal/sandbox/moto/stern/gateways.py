"""NAT gateways: they come and go slowly, hold their addresses and interfaces as long, and may fail."""

import time

from gateway.errors import AwsError

from .account import behaviour
from .leaving import described, linger
from .slow import start, state

NAT = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html"
TROUBLE = "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html"
PENDING, DELETING = 105, 60

WORDS = {
    "InsufficientFreeAddressesInSubnet": "Subnet has insufficient free addresses to create this NAT gateway",
    "Gateway.NotAttached": "Network {vpc} has no Internet gateway attached",
    "InvalidAllocationID.NotFound": "Elastic IP address {address} could not be associated with this NAT gateway",
    "Resource.AlreadyAssociated": "Elastic IP address {address} is already associated",
    "InternalError": "Network interface {interface}, created and used internally by this NAT gateway is in an invalid state. "
                     "Please try again.",
}


def _why(call, held, shown):
    """The code of what lets a new gateway fail, or ""."""
    gateways = call.backend().internet_gateways.values()
    attached = any(g.vpc and g.vpc.id == shown["VpcId"] for g in gateways)
    if not attached and call.params.get("ConnectivityType", "public") == "public":
        return "Gateway.NotAttached"
    return held.nat_fails


@behaviour(TROUBLE, "ec2", "CreateNatGateway")
def made(call, held):
    """A gateway is pending, then available; or failed: without an internet gateway in its network, and on demand. One that
    failed has let go of its address."""
    answer = call.next()
    shown = answer["NatGateway"]
    key = shown["NatGatewayId"]
    if key in held.of("nats"):
        return {"NatGateway": _now(held, shown)}
    code, address = _why(call, held, shown), shown["NatGatewayAddresses"][0]
    failure = {"State": "failed", "FailureCode": code, "FailureMessage": WORDS.get(code, "").format(
        vpc=shown["VpcId"], address=address.get("AllocationId"), interface=address.get("NetworkInterfaceId"))}
    held.of("nats")[key] = failure if code else {}
    if code:
        call.ask("DeleteNatGateway", NatGatewayId=key)
    if held.slow:
        start(held, "nat", key, [("pending", PENDING)])
    return {"NatGateway": shown | {"State": "pending"}}


def _now(held, shown):
    """A gateway as far as it has come."""
    if held.of("nats").get(shown["NatGatewayId"]):
        shown |= held.of("nats")[shown["NatGatewayId"]]
    if now := state(held, "nat", shown["NatGatewayId"]):
        shown = {k: v for k, v in shown.items() if not k.startswith("Failure")} | {"State": now}
    return shown


@behaviour(NAT, "ec2", "DescribeNatGateways")
def listed(call, held):
    """Its state is told as far as it has come, and filtered by."""
    filters = call.params.get("Filter", [])
    wanted = [v for f in filters if f["Name"] == "state" for v in f["Values"]]
    call.params["Filter"] = [f for f in filters if f["Name"] != "state"]
    answer = call.next()
    shown = [_now(held, n) for n in answer["NatGateways"]]
    return answer | {"NatGateways": [n for n in shown if not wanted or n["State"] in wanted]}


@behaviour(NAT, "ec2", "DeleteNatGateway")
def deleted(call, held):
    """It is deleting for a while, and so long its interface is there and its address in use."""
    key = call.params["NatGatewayId"]
    gateway = call.backend().nat_gateways.get(key)
    there = gateway is not None and gateway.state != "deleted"
    addresses = gateway.address_set if there else []
    interfaces = described(call, lambda i: i["NetworkInterfaceId"] in [a.get("networkInterfaceId") for a in addresses])
    answer = call.next()
    held.of("nats")[key] = {}
    if there and held.slow:
        start(held, "nat", key, [("deleting", DELETING)])
        until = time.monotonic() + held.real(DELETING)
        held.of("nat addresses").update({a["allocationId"]: until for a in addresses if a.get("allocationId")})
        linger(held, DELETING, interfaces)
    return answer


@behaviour(TROUBLE, "ec2", "ReleaseAddress")
def address_held(call, held):
    """The address of a gateway that is deleting is not released: AuthFailure."""
    if time.monotonic() < held.of("nat addresses").get(call.params.get("AllocationId"), 0):
        raise AwsError("AuthFailure", "You do not have permission to access the specified resource.")
