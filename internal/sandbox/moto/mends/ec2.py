"""EC2 in general: client tokens, dry runs and the filters AWS knows."""

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
