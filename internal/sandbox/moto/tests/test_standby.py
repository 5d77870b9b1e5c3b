"""Suspended processes do not run, and instances on standby are left alone, as the user guide says."""

import pytest
from conftest import refused
from test_autoscaling import create, group, place, running  # noqa: F401

NAME = {"AutoScalingGroupName": "web"}


@pytest.fixture
def target(aws, place):  # noqa: F811
    return aws.elbv2.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=place["vpc"])["TargetGroups"][0][
        "TargetGroupArn"]


def registered(aws, target):
    found = aws.elbv2.describe_target_health(TargetGroupArn=target)["TargetHealthDescriptions"]
    return {t["Target"]["Id"] for t in found if t["TargetHealth"]["State"] != "draining"}


def ids(instances):
    return {i["InstanceId"] for i in instances}


def states(aws):
    return {i["InstanceId"]: i["LifecycleState"] for i in group(aws)["Instances"]}


def test_standby_and_back(aws, place, target):  # noqa: F811
    create(aws, place, TargetGroupARNs=[target])
    there = ids(running(aws))
    one = sorted(there)[0]
    aws.autoscaling.enter_standby(**NAME, InstanceIds=[one], ShouldDecrementDesiredCapacity=True)
    assert states(aws) == dict.fromkeys(there, "InService") | {one: "Standby"} and group(aws)["DesiredCapacity"] == 2
    assert registered(aws, target) == there - {one}
    aws.ec2.stop_instances(InstanceIds=[one])
    assert states(aws)[one] == "Standby"
    aws.ec2.start_instances(InstanceIds=[one])
    refused("ValidationError", aws.autoscaling.enter_standby, **NAME, InstanceIds=[one], ShouldDecrementDesiredCapacity=True)
    aws.autoscaling.exit_standby(**NAME, InstanceIds=[one])
    assert states(aws)[one] == "Pending" and states(aws)[one] == "InService" and group(aws)["DesiredCapacity"] == 3
    assert registered(aws, target) == there
    said = [a["Description"] for a in aws.autoscaling.describe_scaling_activities(**NAME)["Activities"]]
    assert {f"Moving EC2 instance to Standby: {one}", f"Moving EC2 instance out of Standby: {one}"} <= set(said)


def test_standby_with_another_in_its_place(aws, place):  # noqa: F811
    create(aws, place)
    there = ids(running(aws))
    one = sorted(there)[0]
    aws.autoscaling.enter_standby(**NAME, InstanceIds=[one], ShouldDecrementDesiredCapacity=False)
    now = states(aws)
    assert len(now) == 4 and now[one] == "Standby" and group(aws)["DesiredCapacity"] == 3
    aws.autoscaling.exit_standby(**NAME, InstanceIds=[one])
    assert group(aws)["DesiredCapacity"] == 4


def test_standby_refusals(aws, place):  # noqa: F811
    create(aws, place, MinSize=3, MaxSize=3)
    one = sorted(ids(running(aws)))[0]
    take = aws.autoscaling.enter_standby
    message = refused("ValidationError", take, **NAME, InstanceIds=[one], ShouldDecrementDesiredCapacity=True)
    assert "min-size=3" in message
    refused("ValidationError", take, **NAME, InstanceIds=["i-0123456789abcdef0"], ShouldDecrementDesiredCapacity=True)
    refused("ValidationError", aws.autoscaling.exit_standby, **NAME, InstanceIds=[one])
    aws.autoscaling.update_auto_scaling_group(**NAME, MinSize=2)
    take(**NAME, InstanceIds=[one], ShouldDecrementDesiredCapacity=True)
    aws.autoscaling.suspend_processes(**NAME, ScalingProcesses=["Launch"])
    refused("ValidationError", aws.autoscaling.exit_standby, **NAME, InstanceIds=[one])


def test_processes(aws, place, target):  # noqa: F811
    create(aws, place, TargetGroupARNs=[target])
    suspend, resume = aws.autoscaling.suspend_processes, aws.autoscaling.resume_processes
    refused("ValidationError", suspend, **NAME, ScalingProcesses=["Sleep"])
    there = ids(running(aws))
    lost, marked = sorted(there)[:2]
    for process, marks in (("HealthCheck", "Healthy"), ("ReplaceUnhealthy", "Unhealthy"), ("Terminate", "Unhealthy")):
        suspend(**NAME, ScalingProcesses=[process])
        if process == "HealthCheck":
            aws.ec2.terminate_instances(InstanceIds=[lost])
        found = {i["InstanceId"]: i["HealthStatus"] for i in group(aws)["Instances"]}
        assert set(found) == there and found[lost] == marks
        other = {"HealthCheck": "ReplaceUnhealthy", "ReplaceUnhealthy": "Terminate"}.get(process)
        if other:
            suspend(**NAME, ScalingProcesses=[other])
        else:
            suspend(**NAME, ScalingProcesses=["Launch"])
        resume(**NAME, ScalingProcesses=[process])
    assert ids(group(aws)["Instances"]) == there - {lost}  # ended, and not replaced
    suspend(**NAME, ScalingProcesses=["AddToLoadBalancer"])
    resume(**NAME, ScalingProcesses=["Launch"])
    new = ids(running(aws)) - there
    assert len(new) == 1 and not new & registered(aws, target)
    assert [p["ProcessName"] for p in group(aws)["SuspendedProcesses"]] == ["AddToLoadBalancer"]
    suspend(**NAME)
    assert len(group(aws)["SuspendedProcesses"]) == 9


def test_a_refresh_stands_still(aws, place):  # noqa: F811
    create(aws, place)
    there = ids(running(aws))
    aws.autoscaling.suspend_processes(**NAME, ScalingProcesses=["InstanceRefresh"])
    aws.autoscaling.start_instance_refresh(**NAME)
    look = lambda: aws.autoscaling.describe_instance_refreshes(**NAME)["InstanceRefreshes"][0]  # noqa: E731
    for _ in range(4):
        look()
    assert look()["PercentageComplete"] == 0 and ids(running(aws)) == there
    aws.autoscaling.resume_processes(**NAME)
    for _ in range(5):
        look()
    assert look()["Status"] == "Successful" and not ids(running(aws)) & there
