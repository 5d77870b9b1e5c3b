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
