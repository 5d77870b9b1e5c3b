"""Elastic Load Balancing: creates that are idempotent, protection, listeners as they are shown, and what is in use."""

from gateway.errors import AwsError
from gateway.registry import mend

ATTRIBUTES = {  # API_LoadBalancerAttribute.html: what an Application Load Balancer has when nothing was said
    "idle_timeout.timeout_seconds": "60", "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false", "routing.http2.enabled": "true",
    "access_logs.s3.enabled": "false", "client_keep_alive.seconds": "3600",
}
HSTS = "routing.http.response.strict_transport_security.header_value"


def _listeners(call):
    return [(b, listener) for b in call.backend().load_balancers.values() for listener in b.listeners.values()]


@mend("elbv2", "CreateLoadBalancer")
def create_balancer(call):
    """API_CreateLoadBalancer.html: the same call again answers the first one; zones differ, at least two of them; one
    that faces the internet needs a gateway in its VPC."""
    p, backend = call.params, call.backend()
    p.setdefault("Scheme", "internet-facing")
    subnets = p.get("Subnets") or [m["SubnetId"] for m in p.get("SubnetMappings", [])]
    for b in backend.load_balancers.values():
        if b.name != p["Name"]:
            continue
        same = (sorted(s.id for s in b.subnets) == sorted(subnets) and b.scheme == p.get("Scheme", "internet-facing") and
                sorted(b.security_groups or []) == sorted(p.get("SecurityGroups", [])))
        if not same:
            raise AwsError("DuplicateLoadBalancerName", f"A load balancer with the same name '{p['Name']}' exists, but with "
                           "different settings")
        return {"LoadBalancers": call.ask("DescribeLoadBalancers", LoadBalancerArns=[b.arn])["LoadBalancers"]}
    found = [backend.ec2_backend.get_subnet(s) for s in subnets]
    if p.get("Type", "application") == "application" and None not in found:
        if len({s.availability_zone for s in found}) < max(2, len(found)):
            raise AwsError("ValidationError" if len(found) < 2 else "InvalidConfigurationRequest",
                           "At least two subnets in two different Availability Zones must be specified")
        attached = {v for g in call.backend("ec2").internet_gateways.values() if (v := getattr(g, "vpc", None)) is not None}
        if p.get("Scheme", "internet-facing") == "internet-facing" and found[0].vpc_id not in {v.id for v in attached}:
            raise AwsError("InvalidSubnet", f"VPC {found[0].vpc_id} has no internet gateway")
    answer = call.next()
    if p.get("Type", "application") == "application":
        balancer = backend.load_balancers[answer["LoadBalancers"][0]["LoadBalancerArn"]]
        balancer.attrs = ATTRIBUTES | balancer.attrs
    return answer


@mend("elbv2", "DeleteLoadBalancer")
def delete_balancer(call):
    """API_DeleteLoadBalancer.html: not while it is protected."""
    balancer = call.backend().load_balancers.get(call.params["LoadBalancerArn"])
    if balancer and str(balancer.attrs.get("deletion_protection.enabled")).lower() == "true":
        raise AwsError("OperationNotPermitted", f"Load balancer '{balancer.arn}' cannot be deleted because deletion "
                       "protection is enabled")


@mend("elbv2", "CreateTargetGroup")
def create_group(call):
    """API_CreateTargetGroup.html: the same call again answers the first one."""
    p = call.params
    for group in call.backend().target_groups.values():
        if group.name != p["Name"]:
            continue
        same = (group.vpc_id == p.get("VpcId") and group.protocol == p.get("Protocol") and
                str(group.port) == str(p.get("Port")) and group.target_type == p.get("TargetType", "instance") and
                group.health_check_path == p.get("HealthCheckPath", "/"))
        if not same:
            raise AwsError("DuplicateTargetGroupName", f"A target group with the same name '{p['Name']}' exists, but with "
                           "different settings")
        return {"TargetGroups": call.ask("DescribeTargetGroups", TargetGroupArns=[group.arn])["TargetGroups"]}


@mend("elbv2", "CreateListener", "ModifyListener")
def check_listener(call):
    """API_CreateListener.html: the policy exists, the certificate is issued, the port is free; the same again is fine."""
    p = call.params
    if p.get("SslPolicy") and "-PQ-" not in p["SslPolicy"]:
        from moto.elbv2.responses import SSL_POLICIES
        if p["SslPolicy"] not in {s["name"] if isinstance(s, dict) else s for s in SSL_POLICIES}:
            raise AwsError("SSLPolicyNotFound", f"SSL policy '{p['SslPolicy']}' not found")
    for certificate in p.get("Certificates", []):
        held = call.backend("acm")._certificates.get(certificate["CertificateArn"])
        if held is None and ":acm:" in certificate["CertificateArn"]:
            raise AwsError("CertificateNotFound", f"Certificate '{certificate['CertificateArn']}' not found")
        if held is not None and held.status != "ISSUED":
            raise AwsError("UnsupportedCertificate", f"The certificate '{held.arn}' must have a fully-qualified domain name, "
                           "a supported signature, and a supported key size.")
    for action in p.get("DefaultActions", []):
        for group in action.get("ForwardConfig", {}).get("TargetGroups", []):
            if group["TargetGroupArn"] not in call.backend().target_groups:
                raise AwsError("TargetGroupNotFound", f"Target groups '{group['TargetGroupArn']}' not found")


@mend("elbv2", "CreateListener")
def create_listener(call):
    """API_CreateListener.html: a port has one listener; its HTTPS one a policy and a certificate."""
    p = call.params
    if p.get("Protocol") == "HTTPS" and not p.get("Certificates"):
        raise AwsError("ValidationError", "A certificate must be specified for HTTPS listeners")
    for balancer, listener in _listeners(call):
        if balancer.arn == p["LoadBalancerArn"] and str(listener.port) == str(p.get("Port")):
            same = listener.protocol == p.get("Protocol") and \
                (listener.certificate or None) == next((c["CertificateArn"] for c in p.get("Certificates", [])), None)
            if not same:
                raise AwsError("DuplicateListener", "A listener already exists on this port for this load balancer "
                               f"'{balancer.arn}'")
            return {"Listeners": call.ask("DescribeListeners", ListenerArns=[listener.arn])["Listeners"]}
    return None


@mend("elbv2", "ModifyListener")
def modify_listener(call):
    """API_ModifyListener.html: what is not given is kept; PQ policies of 2025-09 are known."""
    p, policy = call.params, call.params.get("SslPolicy", "")
    found = [(b, listener) for b, listener in _listeners(call) if listener.arn == p["ListenerArn"]]
    if not found:
        raise AwsError("ListenerNotFound", f"Listeners '{p['ListenerArn']}' not found")
    balancer, listener = found[0]
    if any(str(o.port) == str(p.get("Port")) and o is not listener for o in balancer.listeners.values()):
        raise AwsError("DuplicateListener", "A listener already exists on this port for this load balancer")
    if policy:
        p.pop("SslPolicy")
    answer = call.next()
    if policy:
        listener.ssl_policy = answer["Listeners"][0]["SslPolicy"] = policy
    return answer


@mend("elbv2", "CreateListener", "ModifyListener", "DescribeListeners")
def shown_listener(call):
    """API_Listener.html: only a listener that speaks TLS has a policy."""
    answer = call.next()
    for listener in answer["Listeners"]:
        if listener.get("Protocol") not in ("HTTPS", "TLS"):
            listener.pop("SslPolicy", None)
    return answer


@mend("elbv2", "DescribeListenerAttributes", "ModifyListenerAttributes")
def listener_attributes(call):
    """API_ListenerAttribute.html: HTTP and HTTPS listeners have header attributes, and only HTTPS ones HSTS."""
    found = [listener for _, listener in _listeners(call) if listener.arn == call.params["ListenerArn"]]
    if not found:
        raise AwsError("ListenerNotFound", f"Listeners '{call.params['ListenerArn']}' not found")
    listener = found[0]
    listener.attributes.pop("tcp.idle_timeout.seconds", None)
    if listener.protocol == "HTTPS":
        listener.attributes.setdefault(HSTS, "")
    for attribute in call.params.get("Attributes", []):
        if attribute["Key"] == HSTS and listener.protocol != "HTTPS":
            raise AwsError("InvalidConfigurationRequest", f"The attribute '{HSTS}' is not supported on {listener.protocol} "
                           "listeners")


@mend("elbv2", "AddTags", "DescribeTags", "RemoveTags")
def tags_of_what_is(call):
    """API_DescribeTags.html: up to 20 resources in a call, and each must be there."""
    if len(call.params["ResourceArns"]) > 20:
        raise AwsError("ValidationError", "Cannot have more than 20 resources described")
    for arn in call.params["ResourceArns"]:
        backend, kind = call.backend(), arn.split(":")[-1].split("/")[0]
        there = {"loadbalancer": backend.load_balancers, "targetgroup": backend.target_groups,
                 "listener": {listener.arn for _, listener in _listeners(call)}}.get(kind)
        if there is not None and arn not in there:
            name = {"loadbalancer": "LoadBalancer", "targetgroup": "TargetGroup", "listener": "Listener"}[kind]
            raise AwsError(f"{name}NotFound", f"{name}s '{arn}' not found")
