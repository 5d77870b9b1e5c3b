"""Quotas that a test sets: Service Quotas tells them, and they are enforced. Those that are not set are AWS's defaults, and
told only: real accounts that have been in use have more."""

from moto.core.exceptions import ServiceException
from moto.ec2.models.instance_types import INSTANCE_TYPES

from gateway.errors import AwsError
from mends import autoscaling_instances as autoscaling
from mends import ec2_instances

from .account import behaviour, settings

EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"
ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"
RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/"
QUOTAS = "https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html"
VCPUS = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html#ec2-on-demand-instances-limits"


@behaviour(QUOTAS, "service-quotas", "GetServiceQuota", "ListServiceQuotas")
def told(call, held):
    """An account's own quotas are told in the place of AWS's defaults."""
    answer = call.next()
    for quota in answer.get("Quotas", [answer.get("Quota")]):
        quota["Value"] = float(held.quotas.get(quota["QuotaCode"], quota["Value"]))
    return answer


def _vpcs(call):
    return len(call.backend().vpcs)


def _subnets(call):
    return sum(s.vpc_id == call.params["VpcId"] for zone in call.backend().subnets.values() for s in zone.values())


def _groups(call):
    return sum(len(of_vpc) for of_vpc in call.backend().groups.values())


def _endpoints(call):
    if call.params.get("VpcEndpointType", "Gateway") != "Gateway":
        return -1
    return sum(e.endpoint_type == "Gateway" and e.state != "deleted" for e in call.backend().vpc_end_points.values())


def _gateways(call):
    backend = call.backend()
    zone = backend.get_subnet(call.params["SubnetId"]).availability_zone
    return sum(n.state != "deleted" and backend.get_subnet(n.subnet_id).availability_zone == zone
               for n in backend.nat_gateways.values())


def _named(members, name, more=lambda each: True):
    """Counts models; one of that name that is there already is not made again."""
    def count(call):
        there = [m for m in getattr(call.backend(), members).values() if more(m)]
        return -1 if any(m.name == call.params[name] for m in there) else len(there)
    return count


def _keyed(members, name):
    def count(call):
        there = getattr(call.backend(), members)
        return -1 if call.params[name].lower() in there else len(there)
    return count


# What is counted: (page, service, operation, code of the quota, how many there are, code and words of the error).
LIMITS = [
    (EC2, "ec2", "CreateVpc", "L-F678F1CE", _vpcs, "VpcLimitExceeded", "The maximum number of VPCs has been reached."),
    (EC2, "ec2", "CreateInternetGateway", "L-A4707A72", lambda call: len(call.backend().internet_gateways),
     "InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached."),
    (EC2, "ec2", "CreateSubnet", "L-407747CB", _subnets, "SubnetLimitExceeded",
     "The maximum number of subnets has been reached."),
    (EC2, "ec2", "CreateSecurityGroup", "L-E79EC296", _groups, "SecurityGroupLimitExceeded",
     "The maximum number of security groups has been reached."),
    (EC2, "ec2", "CreateVpcEndpoint", "L-1B52E74A", _endpoints, "VpcEndpointLimitExceeded",
     "The maximum number of VPC endpoints has been reached."),
    (EC2, "ec2", "CreateNatGateway", "L-FE5A380F", _gateways, "NatGatewayLimitExceeded",
     "The maximum number of NAT Gateways has been reached."),
    (EC2, "ec2", "AllocateAddress", "L-0263D0A3", lambda call: len(call.backend().addresses), "AddressLimitExceeded",
     "The maximum number of addresses has been reached."),
    (ELB + "API_CreateLoadBalancer.html", "elbv2", "CreateLoadBalancer", "L-53DA6B97",
     _named("load_balancers", "Name", lambda b: b.type == "application"), "TooManyLoadBalancers",
     "You have reached the limit on the number of load balancers for your AWS account"),
    (ELB + "API_CreateTargetGroup.html", "elbv2", "CreateTargetGroup", "L-B22855CB", _named("target_groups", "Name"),
     "TooManyTargetGroups", "You have reached the limit on the number of target groups for your AWS account"),
    ("https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html", "autoscaling",
     "CreateAutoScalingGroup", "L-CDE20ADC", _named("autoscaling_groups", "AutoScalingGroupName"), "LimitExceeded",
     "You have already reached a limit for your Amazon EC2 Auto Scaling resources"),
    (RDS + "API_CreateDBCluster.html", "rds", "CreateDBCluster", "L-952B80B8", _keyed("clusters", "DBClusterIdentifier"),
     "DBClusterQuotaExceededFault", "DB cluster quota exceeded"),
    (RDS + "API_CreateDBInstance.html", "rds", "CreateDBInstance", "L-7B6409FD",
     _keyed("databases", "DBInstanceIdentifier"), "InstanceQuotaExceeded", "Instance quota exceeded"),
]


def _limits(page, service, operation, quota, count, code, words):
    @behaviour(page, service, operation)
    def limited(call, held):
        if quota in held.quotas and count(call) >= held.quotas[quota]:
            raise AwsError(code, words)
    limited.__doc__ = f"A quota that is reached: {code}."
    return limited


for _entry in LIMITS:
    _limits(*_entry)


@behaviour(VCPUS, "ec2", "RunInstances")
def processors(call, held):
    """Instances are limited by their vCPUs, on-demand and spot each for itself: VcpuLimitExceeded,
    MaxSpotInstanceCountExceeded."""
    return None


STANDARD = tuple("acdhimrtz")  # the families that the two quotas are about


def vcpus(kind):
    """How much an instance of a type counts."""
    return INSTANCE_TYPES.get(kind, {}).get("VCpuInfo", {}).get("DefaultVCpus", 0) if kind.startswith(STANDARD) else 0


def _room(call, params, count):
    held = settings(call)
    if held is None or not held.quotas:
        return
    kind = ec2_instances.merged(call, params)[0].get("InstanceType", "m1.small")
    spot = (params.get("InstanceMarketOptions") or {}).get("MarketType") == "spot"
    limit = held.quotas.get("L-34B43A08" if spot else "L-1216C47A")
    there = [i for r in call.backend("ec2").reservations.values() for i in r.instances]
    used = sum(vcpus(i.instance_type) for i in there if i.state in ("pending", "running") and (i.lifecycle == "spot") == spot)
    if limit is None or not vcpus(kind) or used + count * vcpus(kind) <= limit:
        return
    if spot:
        raise AwsError("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
    raise AwsError("VcpuLimitExceeded", f"You have requested more vCPU capacity than your current vCPU limit of {limit:.0f} "
                   "allows for the instance bucket that the specified instance type belongs to. Please visit "
                   "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.")


_run, _launch = ec2_instances.start, autoscaling.start


def run(call, params, count):
    """RunInstances."""
    _room(call, params, count)
    return _run(call, params, count)


def launch(call, params, count):
    """A group's launch, whose activity says the code too."""
    try:
        _room(call, params, count)
    except (AwsError, ServiceException) as error:
        spot = getattr(error, "code", "") == "MaxSpotInstanceCountExceeded"
        raise AwsError(error.code, f"Could not launch {'Spot' if spot else 'On-Demand'} Instances. {error.code} - "
                       f"{error.message}") from None
    return _launch(call, params, count)


ec2_instances.start, autoscaling.start = run, launch
