"""EC2 security group rules: calls that name several are all or nothing, IPv6 is revoked, descriptions can be removed."""

from gateway.errors import AwsError
from gateway.registry import mend

PEERS = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "UserIdGroupPairs": "GroupId", "PrefixListIds": "PrefixListId"}


def _group(call):
    return call.backend().get_security_group_from_id(call.params.get("GroupId", ""))


def _named(call):
    """Each rule that the call names by what it says, and its rule in the group if it is there."""
    group = _group(call)
    standing = group.egress_rules if call.operation.endswith("Egress") else group.ingress_rules
    for permission in call.params.get("IpPermissions", []):
        protocol = {"6": "tcp", "17": "udp", "1": "icmp"}.get(permission["IpProtocol"], permission["IpProtocol"])
        ports = (None, None) if protocol == "-1" else (permission.get("FromPort"), permission.get("ToPort"))
        for kind, key in PEERS.items():
            for entry in permission.get(kind, []):
                yield entry, next((r for r in standing if _says(r) == (protocol, *ports, key, entry.get(key))), None)


def _says(rule):
    for key, value in (("CidrIp", rule.ip_range.get("CidrIp")), ("CidrIpv6", rule.ip_range.get("CidrIpv6")),
                       ("GroupId", rule.source_group.get("GroupId")), ("PrefixListId", rule.prefix_list_id)):
        if value:
            return rule.ip_protocol, rule.from_port, rule.to_port, key, value
    return None


@mend("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def all_or_nothing(call):
    """API_AuthorizeSecurityGroupIngress.html: a rule that is there already fails the call, which adds nothing then."""
    if _group(call) and any(rule for _, rule in _named(call)):
        raise AwsError("InvalidPermission.Duplicate", "the specified rule already exists")


@mend("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def revoke(call):
    """API_RevokeSecurityGroupIngress.html: rules of any kind, by what they say or by id; one not there fails the call."""
    if not _group(call) or "IpPermissions" not in call.params:
        return
    rules = [rule for _, rule in _named(call)]
    if any(rule is None for rule in rules):
        raise AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    call.params.pop("IpPermissions")
    call.params["SecurityGroupRuleIds"] = [rule.id for rule in rules]


@mend("ec2", "UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
def describe(call):
    """API_UpdateSecurityGroupRuleDescriptionsIngress.html: the description is replaced, or removed when it is omitted."""
    if not _group(call) or "IpPermissions" not in call.params:
        return None
    named = list(_named(call))
    if any(rule is None for _, rule in named):
        raise AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    for entry, rule in named:
        for place in (rule.ip_range, rule.source_group):
            place.pop("Description", None)
        rule._mend_description = entry.get("Description")
        if rule._mend_description and not rule.prefix_list_id:
            (rule.source_group or rule.ip_range)["Description"] = rule._mend_description
    return {"Return": True}
