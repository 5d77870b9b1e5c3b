"""EC2 security groups: names, descriptions of rules, and what keeps a group from going."""

import re

from moto.ec2.models.security_groups import SecurityGroupRule

from gateway.errors import AwsError
from gateway.registry import mend

from .ec2_network import clusters_with_instances

TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")


def _described(rule):
    """API_SecurityGroupRule.html: a rule of any kind has its description."""
    return getattr(rule, "_mend_description", None) or rule.ip_range.get("Description") or \
        rule.source_group.get("Description")


def _same(rule, other):
    """API_RevokeSecurityGroupIngress.html: descriptions do not count when rules are compared."""
    if not isinstance(other, SecurityGroupRule):
        return NotImplemented
    fields = [(r.ip_protocol, r.from_port, r.to_port, r.ip_range.get("CidrIp"), r.ip_range.get("CidrIpv6"),
               r.source_group.get("GroupId"), r.prefix_list_id) for r in (rule, other)]
    return fields[0] == fields[1]


SecurityGroupRule.description = property(_described)
SecurityGroupRule.__eq__ = _same


@mend("ec2", "CreateSecurityGroup")
def names(call):
    """API_CreateSecurityGroup.html: characters and lengths of name and description; sg- is AWS's."""
    for field in ("GroupName", "Description"):
        value = call.params.get(field) or ""
        if not TEXT.fullmatch(value) or value == "":
            shown = "GroupDescription" if field == "Description" else field
            raise AwsError("InvalidParameterValue", f"Value ({value}) for parameter {shown} is invalid. Character sets "
                           "beyond ASCII are not supported.")
    if call.params["GroupName"].lower().startswith("sg-"):
        raise AwsError("InvalidParameterValue", f"Value ({call.params['GroupName']}) for parameter GroupName is "
                       "invalid. The name may not begin with sg-.")
    vpc = call.params.get("VpcId")
    if vpc and vpc not in call.backend().vpcs:
        raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")


def _each_permission(params):
    for permission in params.get("IpPermissions", []):
        for kind in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"):
            for entry in permission.get(kind, []):
                yield permission, kind, entry


@mend("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorize(call):
    """API_AuthorizeSecurityGroupIngress.html: descriptions, prefix lists that exist, ports of tcp and udp; the group."""
    group = call.backend().get_security_group_from_id(call.params.get("GroupId", ""))
    if "GroupId" in call.params and group is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{call.params['GroupId']}' does not exist")
    described = {}
    for permission, kind, entry in _each_permission(call.params):
        text = entry.get("Description")
        if text is not None and not TEXT.fullmatch(text):
            raise AwsError("InvalidParameterValue", "Invalid rule description. Valid descriptions are strings less "
                           "than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
        if permission.get("IpProtocol") in ("tcp", "udp", "6", "17") and (
                "FromPort" not in permission or "ToPort" not in permission):
            raise AwsError("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' "
                           "for portRange.")
        if kind == "PrefixListIds":
            if entry.get("PrefixListId") not in call.backend().managed_prefix_lists:
                raise AwsError("InvalidPrefixListId.NotFound",
                               f"The prefix list ID '{entry.get('PrefixListId')}' does not exist")
            described[entry["PrefixListId"]] = text
    before = {r.id for r in _rules(group)} if group else set()
    answer = call.next()
    for rule in _rules(group) if group else []:
        if rule.id not in before and rule.prefix_list_id in described:
            rule._mend_description = described[rule.prefix_list_id]
    return _whole(call, answer)


def _rules(group):
    return group.ingress_rules + group.egress_rules


@mend("ec2", "DescribeSecurityGroupRules")
def _described_rules(call):
    """API_SecurityGroupRule.html: GroupOwnerId, SecurityGroupRuleArn."""
    return _whole(call, call.next())


def _whole(call, answer):
    for rule in answer.get("SecurityGroupRules", []):
        rule |= {"GroupOwnerId": call.account, "SecurityGroupRuleArn":
                 f"arn:aws:ec2:{call.region}:{call.account}:security-group-rule/{rule['SecurityGroupRuleId']}"}
        referenced = rule.get("ReferencedGroupInfo")
        if referenced:
            rule["ReferencedGroupInfo"] = {"GroupId": referenced.get("GroupId"), "UserId": call.account}
    return answer


@mend("ec2", "DescribeSecurityGroups")
def prefix_descriptions(call):
    """API_IpPermission.html: entries for prefix lists have their descriptions; an own group has no name in it."""
    answer = call.next()
    for group in answer["SecurityGroups"]:
        group.setdefault("SecurityGroupArn",
                         f"arn:aws:ec2:{call.region}:{call.account}:security-group/{group['GroupId']}")
        model = call.backend().get_security_group_from_id(group["GroupId"])
        texts = {r.prefix_list_id: r.description for r in _rules(model) if r.prefix_list_id}
        for permission in group.get("IpPermissions", []) + group.get("IpPermissionsEgress", []):
            for entry in permission.get("PrefixListIds", []):
                if texts.get(entry["PrefixListId"]):
                    entry["Description"] = texts[entry["PrefixListId"]]
    return answer


@mend("ec2", "UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
def describe_by_id(call):
    """API_UpdateSecurityGroupRuleDescriptionsIngress.html: by rule id too; no text removes the description."""
    for each in call.params.get("SecurityGroupRuleDescriptions", []):
        rule = next((r for groups in call.backend().groups.values() for g in groups.values() for r in _rules(g)
                     if r.id == each.get("SecurityGroupRuleId")), None)
        if rule is None:
            raise AwsError("InvalidSecurityGroupRuleId.NotFound",
                           f"The security group rule ID '{each.get('SecurityGroupRuleId')}' does not exist")
        _redescribe(rule, each.get("Description"))
    if call.params.get("SecurityGroupRuleDescriptions"):
        return {"Return": True}


def _redescribe(rule, text):
    for place in (rule.ip_range, rule.source_group):
        place.pop("Description", None)
    rule._mend_description = text


@mend("ec2", "ModifySecurityGroupRules")
def modify_rules(call):
    """API_ModifySecurityGroupRules.html: the description of a rule of any kind is replaced."""
    answer = call.next()
    for each in call.params.get("SecurityGroupRules", []):
        wanted = each.get("SecurityGroupRule") or {}
        for groups in call.backend().groups.values():
            for group in groups.values():
                for rule in _rules(group):
                    if rule.id == each["SecurityGroupRuleId"]:
                        _redescribe(rule, wanted.get("Description"))
    return answer


@mend("ec2", "DeleteSecurityGroup")
def group_in_use(call):
    """API_DeleteSecurityGroup.html: not while an interface or a rule of another group has it, never the default one."""
    backend, key = call.backend(), call.params.get("GroupId")
    group = backend.get_security_group_from_id(key) if key else None
    if group is None:
        return None
    if group.is_default:
        raise AwsError("CannotDelete", f"the specified group: \"{key}\" name: \"default\" cannot be deleted by a user")
    used = any(g.id == key for i in backend.enis.values() for g in i.group_set)
    used |= any(r.source_group.get("GroupId") == key for groups in backend.groups.values() for g in groups.values()
                if g.id != key for r in _rules(g))
    used |= any(i.state != "terminated" and any(g.id == key for g in i.security_groups)
                for r in backend.reservations.values() for i in r.instances)
    used |= any(key in b.security_groups for b in call.backend("elbv2").load_balancers.values())
    used |= any(e.state != "deleted" and key in e.security_group_ids for e in backend.vpc_end_points.values())
    used |= any(key in _ids(c.vpc_security_group_ids) for c in clusters_with_instances(call.backend("rds")))
    if used:
        raise AwsError("DependencyViolation", f"resource {key} has a dependent object")


def _ids(groups):
    return [g if isinstance(g, str) else g.get("VpcSecurityGroupId") for g in groups or []]
