"""Elastic Load Balancing: the health of targets, and the network interfaces that balancers have in their subnets."""

import time

from moto.elbv2.models import FakeTargetGroup

from gateway.registry import mend
from stern import account as stern

DRAINS = 300.0  # how many seconds of a deregistration delay go by in one of ours, in an account that is not stern

_register, _terminated = FakeTargetGroup.register, FakeTargetGroup.deregister_terminated_instances


def _registers(group, targets):
    new = [t["Id"] for t in targets if t["Id"] not in group.targets]
    _register(group, targets)
    for key in new:
        _draining(group).pop(key, None)
        group.__dict__.setdefault("_mend_registered", {})[key] = time.monotonic()


def _deregisters(group, targets):
    for target in targets:
        if held := group.targets.pop(target["Id"], None):
            group.deregistered_targets[target["Id"]] = held
            _drains(group, held)


def _ends(group, keys):
    leaving = [group.targets[k] for k in keys if k in group.targets]
    _terminated(group, keys)
    for held in leaving:
        _drains(group, held)


def _drains(group, target):
    _draining(group)[target["Id"]] = target | {"since": time.monotonic()}
    group.__dict__.setdefault("_mend_seen", set()).discard(target["Id"])


def _draining(group):
    return group.__dict__.setdefault("_mend_draining", {})


# API_DeregisterTargets.html: a target that is not there is no error.
FakeTargetGroup.register, FakeTargetGroup.deregister = _registers, _deregisters
FakeTargetGroup.deregister_terminated_instances = _ends


def draining(call, group):
    """The targets whose deregistration delay is not over, by id."""
    held, now = stern.of(call), time.monotonic()
    scale = held.scale if held and held.slow else DRAINS
    delay = float(group.attributes.get("deregistration_delay.timeout_seconds", 300)) / scale
    return {key: target for key, target in _draining(group).items() if now < target["since"] + delay}


def is_used(backend, arn):
    """Whether a listener or a rule forwards to a target group."""
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
    the instance runs; draining when it was deregistered."""
    answer, backend = call.next(), call.backend()
    group, used = backend.target_groups[call.params["TargetGroupArn"]], is_used(backend, call.params["TargetGroupArn"])
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
    if used:
        _show_draining(call, group, answer["TargetHealthDescriptions"])
    return answer


def _show_draining(call, group, descriptions):
    """application/edit-target-group-attributes.html: a target that was deregistered is draining until the deregistration
    delay is over; then it is unused, and listed for who asks for it alone."""
    asked = {t["Id"] for t in call.params.get("Targets", [])}
    for key, target in draining(call, group).items():
        shown = {"Target": {"Id": key, "Port": int(target["Port"])}, "HealthCheckPort": str(group.health_check_port),
                 "TargetHealth": {"State": "draining", "Reason": "Target.DeregistrationInProgress",
                                  "Description": "Target deregistration is in progress"}}
        there = next((i for i, d in enumerate(descriptions) if d["Target"]["Id"] == key), None)
        if there is not None:
            descriptions[there] = shown
        elif not asked or key in asked:
            descriptions.append(shown)


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
