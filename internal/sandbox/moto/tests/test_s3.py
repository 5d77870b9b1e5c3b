"""Buckets and objects behave as S3's API reference says."""

import json
import uuid

from conftest import refused


def bucket(aws, **params):
    name = f"test-{uuid.uuid4().hex}"
    aws.s3.create_bucket(Bucket=name, **params)
    return name


def policy(name, effect="Allow", principal="*", **more):
    statement = {"Effect": effect, "Principal": principal, "Action": "s3:GetObject",
                 "Resource": f"arn:aws:s3:::{name}/*"} | more
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_policy_is_kept(aws):
    name = bucket(aws)
    text = policy(name, "Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
    aws.s3.put_bucket_policy(Bucket=name, Policy=text)
    assert json.loads(aws.s3.get_bucket_policy(Bucket=name)["Policy"]) == json.loads(text)


def test_tls_only_locks_nobody_out(aws):
    name = bucket(aws)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    aws.s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    aws.s3.put_object(Bucket=name, Key="k", Body=b"x")
    assert aws.s3.get_object(Bucket=name, Key="k")["Body"].read() == b"x"
    del deny["Condition"]
    aws.s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    refused("AccessDenied", aws.s3.get_object, Bucket=name, Key="k")


def test_new_bucket_is_private(aws):
    name = bucket(aws, CreateBucketConfiguration={"Tags": [{"Key": "a", "Value": "b"}]})
    block = aws.s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True} and len(block) == 4
    rules = aws.s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    rule = aws.s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert aws.s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "a", "Value": "b"}]
    refused("AccessControlListNotSupported", aws.s3.put_bucket_acl, Bucket=name, ACL="public-read")


def test_public_policy_needs_the_block_off(aws):
    name = bucket(aws)
    assert "BlockPublicPolicy" in refused("AccessDenied", aws.s3.put_bucket_policy, Bucket=name, Policy=policy(name))
    aws.s3.put_bucket_policy(Bucket=name, Policy=policy(name, Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}}))
    aws.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False})
    aws.s3.put_bucket_policy(Bucket=name, Policy=policy(name))
    assert aws.s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"]
    refused("MalformedPolicy", aws.s3.put_bucket_policy, Bucket=name, Policy="{")
    refused("MalformedPolicy", aws.s3.put_bucket_policy, Bucket=name, Policy=policy("another"))


def test_own_bucket_again(aws):
    name = bucket(aws)
    aws.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    aws.s3.create_bucket(Bucket=name)
    assert aws.s3.get_bucket_tagging(Bucket=name)["TagSet"]
    assert aws.s3.list_buckets(Prefix=name)["Buckets"][0]["BucketRegion"] == "us-east-1"


def test_lifecycle_keeps_every_field(aws):
    name = bucket(aws)
    rules = [{"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""},
              "Expiration": {"ExpiredObjectDeleteMarker": True},
              "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 5},
              "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
             {"ID": "tmp", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}]
    aws.s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    assert aws.s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"] == rules
    aws.s3.delete_bucket_lifecycle(Bucket=name)
    refused("NoSuchLifecycleConfiguration", aws.s3.get_bucket_lifecycle_configuration, Bucket=name)


def test_conditional_writes(aws):
    name = bucket(aws)
    tag = aws.s3.put_object(Bucket=name, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    refused("PreconditionFailed", aws.s3.put_object, Bucket=name, Key="k", Body=b"2", IfNoneMatch="*")
    refused("PreconditionFailed", aws.s3.put_object, Bucket=name, Key="k", Body=b"2", IfMatch='"0"')
    newer = aws.s3.put_object(Bucket=name, Key="k", Body=b"2", IfMatch=tag)["ETag"]
    refused("PreconditionFailed", aws.s3.delete_object, Bucket=name, Key="k", IfMatch=tag)
    refused("NoSuchKey", aws.s3.put_object, Bucket=name, Key="absent", Body=b"2", IfMatch=tag)
    aws.s3.delete_object(Bucket=name, Key="k", IfMatch=newer)
    aws.s3.put_object(Bucket=name, Key="k", Body=b"1", IfNoneMatch="*")


def test_versions_keep_the_bucket(aws):
    name = bucket(aws)
    aws.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    aws.s3.put_object(Bucket=name, Key="k", Body=b"1")
    aws.s3.delete_object(Bucket=name, Key="k")
    refused("BucketNotEmpty", aws.s3.delete_bucket, Bucket=name)
    listed = aws.s3.list_object_versions(Bucket=name)
    gone = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in listed["Versions"] + listed["DeleteMarkers"]]
    assert len(gone) == 2
    aws.s3.delete_objects(Bucket=name, Delete={"Objects": gone})
    aws.s3.delete_bucket(Bucket=name)
