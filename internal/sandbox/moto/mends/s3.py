"""S3: the settings a new bucket has, public policies against Block Public Access, and policy conditions."""

import json

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket, PublicAccessBlock

from gateway.errors import AwsError
from gateway.registry import mend

FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
# A policy that fixes one of these to a value is not public (userguide access-control-block-public-access.html).
NARROWING = {"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceaccount", "aws:sourceorgid", "aws:userid",
             "aws:principalorgid", "s3:dataaccesspointarn", "s3:dataaccesspointaccount", "aws:sourceip"}


def _bucket(call):
    return call.backend().buckets.get(call.params["Bucket"])


@mend("s3", "CreateBucket")
def new_bucket(call):
    """API_CreateBucket.html: own bucket again, tags; userguide create-bucket-faq.html: defaults since April 2023."""
    configuration = call.params.get("CreateBucketConfiguration") or {}
    if _bucket(call):
        if call.region == "us-east-1":
            return {"Location": f"/{call.params['Bucket']}"}
        raise AwsError("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you "
                       "already own it.", 409, BucketName=call.params["Bucket"])
    if call.region == "us-east-1" and configuration.get("LocationConstraint") == "us-east-1":
        raise AwsError("InvalidLocationConstraint", "The specified location-constraint is not valid")
    tags = configuration.pop("Tags", None)
    if not configuration:
        call.params.pop("CreateBucketConfiguration", None)
    answer = call.next()
    bucket = _bucket(call)
    bucket.public_access_block = PublicAccessBlock(*["true"] * 4)
    bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"
    bucket.encryption = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                                  "BucketKeyEnabled": "false"}}
    if tags:
        call.backend().put_bucket_tagging(bucket.name, {t["Key"]: t["Value"] for t in tags})
    return answer


@mend("s3", "DeleteBucketEncryption")
def encryption_stays(call):
    """API_DeleteBucketEncryption.html: resets the default encryption to SSE-S3."""
    answer = call.next()
    _bucket(call).encryption = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                                         "BucketKeyEnabled": "false"}}
    return answer


@mend("s3", "ListBuckets")
def regions(call):
    """API_ListBuckets.html: BucketRegion when the request has a parameter; Prefix, BucketRegion, pages."""
    answer = call.next()
    if call.params:
        for each in answer.get("Buckets", []):
            each["BucketRegion"] = call.backend().buckets[each["Name"]].region_name
    return answer


@mend("s3", "PutBucketLifecycleConfiguration")
def keep_rules(call):
    """API_PutBucketLifecycleConfiguration.html: every field of a rule is kept; a rule without id gets one."""
    configuration = call.params.get("LifecycleConfiguration") or {}
    answer = call.next()
    rules = [{"ID": f"rule-{i + 1}"} | rule for i, rule in enumerate(configuration.get("Rules", []))]
    if len({rule["ID"] for rule in rules}) < len(rules):
        raise AwsError("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    _bucket(call)._mend_rules = rules
    return answer or {}


@mend("s3", "GetBucketLifecycleConfiguration")
def show_rules(call):
    """API_GetBucketLifecycleConfiguration.html."""
    answer = call.next()
    return answer | {"Rules": getattr(_bucket(call), "_mend_rules", answer.get("Rules"))}


@mend("s3", "PutBucketPolicy")
def check_policy(call):
    """API_PutBucketPolicy.html; userguide access-control-block-public-access.html: BlockPublicPolicy."""
    bucket = _bucket(call)
    if bucket is None:
        return None
    statements = _statements(call.params["Policy"])
    for statement in statements:
        resources = _list(statement.get("Resource", statement.get("NotResource")))
        own = f":s3:::{bucket.name}"
        if not all(isinstance(r, str) and (r.split("/")[0].endswith(own) or r == "*") for r in resources):
            raise AwsError("MalformedPolicy", "Policy has invalid resource")
    block = bucket.public_access_block
    if block and _on(block.block_public_policy) and any(_public(s) for s in statements):
        raise AwsError("AccessDenied", "User is not authorized to perform: s3:PutBucketPolicy because public policies "
                       "are prevented by the BlockPublicPolicy setting in S3 Block Public Access.", 403)


@mend("s3", "GetBucketPolicyStatus")
def policy_status(call):
    """API_GetBucketPolicyStatus.html."""
    bucket = _bucket(call)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=call.params["Bucket"])
    if not bucket.policy:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"PolicyStatus": {"IsPublic": any(_public(s) for s in _statements(bucket.policy.decode()))}}


@mend("s3", "PutBucketAcl", "PutObjectAcl")
def no_acls(call):
    """userguide about-object-ownership.html: BucketOwnerEnforced disables ACLs."""
    bucket = _bucket(call)
    if bucket and bucket.ownership_rule == "BucketOwnerEnforced":
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


@mend("s3", "PutObject", "CopyObject", "CreateMultipartUpload")
def no_object_acls(call):
    """userguide about-object-ownership.html: only bucket-owner-full-control passes with BucketOwnerEnforced."""
    if call.params.get("ACL", "bucket-owner-full-control") != "bucket-owner-full-control":
        return no_acls(call)


@mend("s3", "DeleteBucket")
def empty_first(call):
    """API_DeleteBucket.html: all objects, with their versions and delete markers, must go first."""
    bucket = _bucket(call)
    if bucket and any(bucket.keys.getlist(key) for key in list(bucket.keys)):
        raise AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty. You must delete all versions in "
                       "the bucket.", 409, BucketName=bucket.name)


def _on(flag):
    return str(flag).lower() == "true"


def _list(value):
    return value if isinstance(value, list) else [value]


def _statements(text):
    try:
        document = json.loads(text)
        statements = _list(document["Statement"])
        if not statements or any(not {"Effect", "Principal"} <= s.keys() and "NotPrincipal" not in s or
                                 not s.keys() & {"Action", "NotAction"} for s in statements):
            raise KeyError("Principal")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AwsError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'") from None
    return statements


def _everyone(statement):
    principal = statement.get("Principal")
    return principal == "*" or isinstance(principal, dict) and "*" in _list(principal.get("AWS"))


def _public(statement):
    if statement["Effect"] != "Allow" or not _everyone(statement):
        return False
    keys = {key.lower() for operator, values in (statement.get("Condition") or {}).items() for key in values
            if not operator.lower().startswith(("null", "stringnot", "arnnot", "notip"))}
    return not keys & NARROWING


def _applies(statement):
    """Whether a statement is about a caller in the sandbox, who counts as one that came over TLS."""
    for operator, values in (statement.get("Condition") or {}).items():
        for key, value in values.items():
            if operator != "Bool" or key.lower() != "aws:securetransport" or "true" not in map(_text, _list(value)):
                return False
    return _everyone(statement)


def _text(value):
    return str(value).lower()


def _permission(bucket, action, resource):
    """userguide access-policy-language-overview.html: a statement whose condition is not met does not count."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    met = [s for s in _statements(bucket.policy.decode()) if _applies(s)]
    return IAMPolicy(json.dumps({"Statement": met})).is_action_permitted(action, resource)


FakeBucket.get_permission = _permission


@mend("s3", "*")
def denied(call):
    """API ErrorResponses.html: what a policy denies is AccessDenied, in XML."""
    answer = call.answer()
    if getattr(answer, "status", 200) == 403 and b"<Code>" not in answer.body and call.operation[:4] != "Head":
        raise AwsError("AccessDenied", "Access Denied", 403)
    return answer
