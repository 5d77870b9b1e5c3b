"""Elastic Load Balancing: the health of targets, and the network interfaces that balancers have in their subnets."""

from gateway.registry import mend


def _used(backend, arn):
    for balancer in backend.load_balancers.values():
        for listener in balancer.listeners.values():
            rules = [r.actions for r in listener.rules.values()]
            for action in [a for actions in [listener.default_actions, *rules] for a in actions]:
                data = getattr(action, "data", action)
                groups = [g.get("TargetGroupArn") for g in (data.get("ForwardConfig") or {}).get("TargetGroups", [])]
                if arn == data.get("TargetGroupArn") or arn in groups:
                    return True
    return False


@mend("elbv2", "DescribeTargetHealth")
def health(call):
    """API_TargetHealth.html: unused while no listener has the group, initial when first looked at, then healthy while
    the instance runs."""
    answer, backend = call.next(), call.backend()
    group, used = backend.target_groups[call.params["TargetGroupArn"]], _used(backend, call.params["TargetGroupArn"])
    seen = group.__dict__.setdefault("_mend_seen", set())
    for shown in answer["TargetHealthDescriptions"]:
        key = shown["Target"]["Id"]
        if key not in group.targets:
            continue
        instance = backend.ec2_backend.get_instance_by_id(key) if key.startswith("i-") else None
        if instance is not None and instance.state != "running":
            shown["TargetHealth"] = {"State": "unused", "Reason": "Target.InvalidState",
                                     "Description": f"Target is in the {instance.state} state"}
        elif not used:
            shown["TargetHealth"] = {"State": "unused", "Reason": "Target.NotInUse",
                                     "Description": "Target group is not configured to receive traffic from the load "
                                                    "balancer"}
        elif key not in seen:
            seen.add(key)
            shown["TargetHealth"] = {"State": "initial", "Reason": "Elb.RegistrationInProgress",
                                     "Description": "Target registration is in progress"}
    return answer


@mend("elbv2", "CreateLoadBalancer", "SetSubnets", "SetSecurityGroups", "DeleteLoadBalancer")
def interfaces(call):
    """userguide application-load-balancers.html: an interface in each subnet, described as ELB app/NAME/ID."""
    answer = call.next()
    backend, ec2 = call.backend(), call.backend("ec2")
    held = call.store("interfaces")
    for balancer in backend.load_balancers.values():
        mine = held.setdefault(balancer.arn, {})
        subnets = {s.id: s for s in balancer.subnets}
        for subnet in [s for s in mine if s not in subnets]:
            ec2.enis.pop(mine.pop(subnet), None)
        groups = list(balancer.security_groups or [])
        for key in subnets:
            if key not in mine:
                label = balancer.arn.split(":loadbalancer/")[1]
                interface = ec2.create_network_interface(key, None, group_ids=groups, description=f"ELB {label}")
                interface.requester_managed, interface.status, interface.requester_id = True, "in-use", "amazon-elb"
                mine[key] = interface.id
            elif groups:
                ec2.enis[mine[key]]._group_set = [ec2.get_security_group_from_id(g) for g in groups]
    for arn in [a for a in held if a not in backend.load_balancers]:
        for interface in held.pop(arn).values():
            ec2.enis.pop(interface, None)
    return answer
