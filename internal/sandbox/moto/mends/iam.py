"""IAM: roles of services, tags of instance profiles, and documents that are held against their rules."""

import json

from gateway.errors import AwsError
from gateway.registry import mend

# userguide reference_aws-services-that-work-with-iam.html leads to the names of the roles.
LINKED = {"spot.amazonaws.com": "AWSServiceRoleForEC2Spot", "autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling",
          "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
          "rds.amazonaws.com": "AWSServiceRoleForRDS", "ecs.amazonaws.com": "AWSServiceRoleForECS",
          "spotfleet.amazonaws.com": "AWSServiceRoleForEC2SpotFleet"}


@mend("iam", "CreateServiceLinkedRole")
def linked_role(call):
    """API_CreateServiceLinkedRole.html: once in an account; its name is the service's."""
    service = call.params["AWSServiceName"]
    name = LINKED.get(service)
    if not name or call.params.get("CustomSuffix"):
        return None
    if any(r.name == name for r in call.backend().roles.values()):
        raise AwsError("InvalidInput", f"Service role name {name} has been taken in this account, please try a different "
                       "suffix.")
    document = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})
    call.backend().create_role(name, document, f"/aws-service-role/{service}/", None,
                               call.params.get("Description", ""), [], "3600")
    return {"Role": call.ask("GetRole", RoleName=name)["Role"]}


@mend("iam", "UpdateRole", "DeleteRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "TagRole")
def unmodifiable(call):
    """userguide using-service-linked-roles.html: only its service changes such a role."""
    role = next((r for r in call.backend().roles.values() if r.name == call.params["RoleName"]), None)
    if role and role.path.startswith("/aws-service-role/") and call.operation != "TagRole":
        raise AwsError("UnmodifiableEntity", f"Cannot perform the operation on the protected role '{role.name}' - this "
                       "role is only modifiable by AWS")


@mend("iam", "CreateRole", "UpdateAssumeRolePolicy")
def trust(call):
    """API_CreateRole.html: the trust policy is a policy with principals and no resources."""
    text = call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument")
    for statement in _statements(text):
        if "Principal" not in statement or "Resource" in statement:
            raise AwsError("MalformedPolicyDocument", "Has prohibited field Resource" if "Resource" in statement else
                           "Missing required field Principal")
        if not all(str(a).startswith("sts:") for a in _list(statement.get("Action", []))):
            raise AwsError("MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.")


@mend("iam", "PutRolePolicy")
def inline_policy(call):
    """API_PutRolePolicy.html; reference_iam-quotas.html: all inline policies of a role have 10240 characters without
    white space; a policy of an identity names actions and resources, no principals."""
    for statement in _statements(call.params["PolicyDocument"]):
        if not statement.keys() & {"Action", "NotAction"} or not statement.keys() & {"Resource", "NotResource"}:
            raise AwsError("MalformedPolicyDocument", "Policy statement must contain actions and resources.")
        if "Principal" in statement:
            raise AwsError("MalformedPolicyDocument", "Policy document should not specify a principal.")
        for arn in _list(statement.get("Resource", [])):
            if arn != "*" and (not isinstance(arn, str) or arn.count(":") < 5 or not arn.startswith(("arn:", "*"))):
                raise AwsError("MalformedPolicyDocument", f"Resource {arn} must be in ARN format or \"*\".")
        for action in _list(statement.get("Action", [])):
            if action != "*" and ":" not in str(action):
                raise AwsError("MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, "
                               "sdb, ec2, etc.")
    sids = [s["Sid"] for s in _statements(call.params["PolicyDocument"]) if s.get("Sid")]
    if len(set(sids)) < len(sids) or not all(s.isalnum() and s.isascii() for s in sids):
        raise AwsError("MalformedPolicyDocument", "Statement IDs (SID) must be unique alpha-numeric for every statement.")
    role = next((r for r in call.backend().roles.values() if r.name == call.params["RoleName"]), None)
    held = dict(role.policies) if role else {}
    held[call.params["PolicyName"]] = call.params["PolicyDocument"]
    if sum(len("".join(str(t).split())) for t in held.values()) > 10240:
        raise AwsError("LimitExceeded", f"Maximum policy size of 10240 bytes exceeded for role {call.params['RoleName']}",
                       409)


def _list(value):
    return value if isinstance(value, list) else [value]


def _statements(text):
    try:
        document = json.loads(text)
        statements = _list(document["Statement"])
        if document.get("Version") not in ("2012-10-17", "2008-10-17"):
            raise KeyError("Version")
        if not statements or any(s["Effect"] not in ("Allow", "Deny") for s in statements):
            raise KeyError("Effect")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AwsError("MalformedPolicyDocument", "Syntax errors in policy.") from None
    return statements


@mend("iam", "DeletePolicy")
def policy_in_use(call):
    """API_DeletePolicy.html: it must be detached first."""
    policy = call.backend().managed_policies.get(call.params["PolicyArn"])
    if policy is not None and policy.attachment_count:
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", 409)


@mend("iam", "AddRoleToInstanceProfile")
def one_role(call):
    """API_AddRoleToInstanceProfile.html: a profile holds one role, and the quota cannot be raised."""
    profile = _profile(call)
    if profile.roles and any(r.name == call.params["RoleName"] for r in call.backend().roles.values()):
        raise AwsError("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", 409)


@mend("iam", "RemoveRoleFromInstanceProfile")
def no_role(call):
    """API_RemoveRoleFromInstanceProfile.html: NoSuchEntity for what does not exist, so also for a role that is not in
    the profile, such as after a removal whose answer was lost."""
    name = call.params["RoleName"]
    if not any(role.name == name for role in _profile(call).roles):
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)


def _profile(call):
    name = call.params["InstanceProfileName"]
    for profile in call.backend().instance_profiles.values():
        if profile.name == name:
            return profile
    raise AwsError("NoSuchEntity", f"Instance Profile {name} cannot be found.", 404)


@mend("iam", "ListInstanceProfileTags")
def profile_tags(call):
    """API_ListInstanceProfileTags.html."""
    tags = _profile(call).tags
    if isinstance(tags, dict):
        tags = [{"Key": k, "Value": v} for k, v in tags.items()]
    return {"Tags": tags, "IsTruncated": False}


@mend("iam", "GetInstanceProfile", "ListInstanceProfiles")
def dates(call):
    """API_InstanceProfile.html: CreateDate."""
    answer = call.next()
    for shown in answer.get("InstanceProfiles", [answer.get("InstanceProfile")]):
        shown.setdefault("CreateDate", next(p.create_date for p in call.backend().instance_profiles.values()
                                            if p.name == shown["InstanceProfileName"]))
    if "InstanceProfiles" in answer:  # API_ListInstanceProfiles.html: PathPrefix
        prefix = call.params.get("PathPrefix", "/")
        answer["InstanceProfiles"] = [p for p in answer["InstanceProfiles"] if p["Path"].startswith(prefix)]
    return answer
