"""Targets that are deregistered drain before they are gone, and have to be healthy again when they come back."""

import json
import time
import urllib.request

import pytest
from test_elbv2 import AL2023, balancer, listener, place, targets  # noqa: F401


@pytest.fixture
def machine(aws, place):  # noqa: F811
    image = aws.ssm.get_parameter(Name=AL2023)["Parameter"]["Value"]
    return aws.ec2.run_instances(MinCount=1, MaxCount=1, ImageId=image, InstanceType="t3.micro",
                                 SubnetId=place["subnets"][0])["Instances"][0]["InstanceId"]


@pytest.fixture
def target(aws, place, machine):  # noqa: F811
    target = targets(aws, place)
    listener(aws, balancer(aws, place)["LoadBalancerArn"], target)
    aws.elbv2.register_targets(TargetGroupArn=target, Targets=[{"Id": machine}])
    return target


def delay(aws, target, seconds):
    aws.elbv2.modify_target_group_attributes(TargetGroupArn=target, Attributes=[
        {"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}])


def stern(aws, **settings):
    url = f"{aws.endpoint}/moto-api/stern?account={aws.number}"
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(settings).encode(), method="POST")).close()


def health(aws, target, **asked):
    return [t["TargetHealth"]["State"] for t in aws.elbv2.describe_target_health(
        TargetGroupArn=target, **asked)["TargetHealthDescriptions"]]


def until(state, look, seconds=10):
    """The states seen before the one that is waited for."""
    seen = []
    for _ in range(int(seconds / 0.05)):
        now = look()
        if now == state:
            return seen
        if not seen or seen[-1] != now:
            seen.append(now)
        time.sleep(0.05)
    raise AssertionError(seen)


def test_a_target_drains_and_comes_back(aws, target, machine):
    delay(aws, target, 300)
    assert until(["healthy"], lambda: health(aws, target)) == [["initial"]]
    take = {"TargetGroupArn": target, "Targets": [{"Id": machine}]}
    aws.elbv2.deregister_targets(**take)
    aws.elbv2.deregister_targets(**take)
    assert health(aws, target) == ["draining"] and health(aws, target, Targets=[{"Id": machine}]) == ["draining"]
    assert until([], lambda: health(aws, target)) == [["draining"]]
    assert health(aws, target, Targets=[{"Id": machine}]) == ["unused"]
    aws.elbv2.register_targets(**take)
    assert until(["healthy"], lambda: health(aws, target)) == [["initial"]]
    aws.elbv2.deregister_targets(**take)
    aws.elbv2.register_targets(**take)
    assert health(aws, target) == ["initial"]


def test_without_a_delay_it_is_gone_at_once(aws, target, machine):
    delay(aws, target, 0)
    aws.elbv2.deregister_targets(TargetGroupArn=target, Targets=[{"Id": machine}])
    assert health(aws, target) == []


def test_an_instance_that_ends_drains(aws, target, machine):
    aws.ec2.terminate_instances(InstanceIds=[machine])
    assert until([], lambda: health(aws, target)) == [["draining"]]


def test_a_stern_account_takes_its_time(aws, target, machine):
    stern(aws, scale=50.0, fresh=0)
    delay(aws, target, 100)
    aws.elbv2.deregister_targets(TargetGroupArn=target, Targets=[{"Id": machine}])
    begun = time.monotonic()
    assert until([], lambda: health(aws, target)) == [["draining"]]
    assert time.monotonic() - begun > 1.5  # 100 seconds of AWS's clock are two
    aws.elbv2.register_targets(TargetGroupArn=target, Targets=[{"Id": machine}])
    begun = time.monotonic()
    assert until(["healthy"], lambda: health(aws, target)) == [["initial"]]
    assert time.monotonic() - begun > 1.0
