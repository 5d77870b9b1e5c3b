"""ECS services become stable, and their deployments go on and are taken back, as the developer guide says."""

import time

import pytest
from botocore.exceptions import WaiterError
from conftest import refused
from test_deployments import control
from test_draining import stern, until

SERVICE = {"cluster": "c", "service": "web"}


def definition(aws, image, **more):
    return aws.ecs.register_task_definition(**{"family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512", "containerDefinitions": [{"name": "app", "image": image, "memory": 256, "portMappings": [
            {"containerPort": 80}]}]} | more)["taskDefinition"]["taskDefinitionArn"]


@pytest.fixture
def place(aws):
    """A cluster, and a load balancer with two target groups, of which a rule forwards to the first and another to the second."""
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]
               ["SubnetId"] for i, z in enumerate("ab")]
    group = aws.ec2.create_security_group(GroupName="tasks", Description="d", VpcId=vpc)["GroupId"]
    balancer = aws.elbv2.create_load_balancer(Name="lb", Subnets=subnets, Scheme="internal")["LoadBalancers"][0]["LoadBalancerArn"]
    targets = [aws.elbv2.create_target_group(Name=n, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")["TargetGroups"][0][
        "TargetGroupArn"] for n in ("blue", "green", "alone")]
    listener = aws.elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[
        {"Type": "forward", "TargetGroupArn": targets[0]}])["Listeners"][0]["ListenerArn"]
    rules = [aws.elbv2.create_rule(ListenerArn=listener, Priority=i + 1, Conditions=[{"Field": "path-pattern", "Values": [path]}],
                                   Actions=[{"Type": "forward", "TargetGroupArn": targets[i]}])["Rules"][0]["RuleArn"]
             for i, path in enumerate(("/*", "/test"))]
    aws.ecs.create_cluster(clusterName="c")
    control(aws)
    return {"subnets": subnets, "group": group, "targets": targets, "rules": rules}


def service(place, task, **more):
    return {"cluster": "c", "serviceName": "web", "taskDefinition": task, "desiredCount": 2, "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": place["subnets"], "securityGroups": [place["group"]]}},
            "loadBalancers": [{"targetGroupArn": place["targets"][0], "containerName": "app", "containerPort": 80}]} | more


def blue_green(place, task, **more):
    balancer = {"targetGroupArn": place["targets"][0], "containerName": "app", "containerPort": 80, "advancedConfiguration": {
        "alternateTargetGroupArn": place["targets"][1], "productionListenerRule": place["rules"][0],
        "testListenerRule": place["rules"][1], "roleArn": "arn:aws:iam::123456789012:role/ecs"}}
    return service(place, task, loadBalancers=[balancer], deploymentConfiguration={
        "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1} | more)


def look(aws):
    return aws.ecs.describe_services(cluster="c", services=["web"])["services"][0]


def stable(aws):
    aws.ecs.get_waiter("services_stable").wait(cluster="c", services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    return look(aws)


def latest(aws):
    arn = aws.ecs.list_service_deployments(**SERVICE)["serviceDeployments"][0]["serviceDeploymentArn"]
    return aws.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]


def ended(aws):
    """The last deployment when it has ended."""
    for _ in range(500):
        found = latest(aws)
        if found["status"] in ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"):
            return found
        time.sleep(0.02)
    raise AssertionError(found)


def weights(aws, rule):
    found = aws.elbv2.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"]
    return [g["Weight"] for g in found]


def in_use(aws, target):
    return sum(t["TargetHealth"]["State"] != "draining" for t in aws.elbv2.describe_target_health(TargetGroupArn=target)[
        "TargetHealthDescriptions"])


def test_a_service_is_kept_and_becomes_stable(aws, place):
    first = definition(aws, "app:1")
    made = aws.ecs.create_service(**service(place, first, enableExecuteCommand=True, healthCheckGracePeriodSeconds=30, tags=[
        {"key": "a", "value": "b"}], deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}}))["service"]
    assert made["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert made["enableExecuteCommand"] and made["healthCheckGracePeriodSeconds"] == 30
    assert (made["runningCount"], made["deployments"][0]["rolloutState"]) == (0, "IN_PROGRESS")
    refused("InvalidParameterException", aws.ecs.create_service, **service(place, first))
    found = stable(aws)
    assert (found["runningCount"], found["deployments"][0]["rolloutState"], len(found["deployments"])) == (2, "COMPLETED", 1)
    assert in_use(aws, place["targets"][0]) == 2
    tasks = aws.ecs.list_tasks(cluster="c", serviceName="web")["taskArns"]
    shown = aws.ecs.describe_tasks(cluster="c", tasks=tasks)["tasks"]
    assert {(t["lastStatus"], t["group"], t["taskDefinitionArn"]) for t in shown} == {("RUNNING", "service:web", first)}
    tagged = aws.ecs.describe_services(cluster="c", services=["web", "absent"], include=["TAGS"])
    assert tagged["services"][0]["tags"] == [{"key": "a", "value": "b"}] and tagged["failures"][0]["reason"] == "MISSING"
    aws.ecs.update_service(**SERVICE, desiredCount=3)
    assert look(aws)["runningCount"] == 3 and len(aws.ecs.list_service_deployments(**SERVICE)["serviceDeployments"]) == 1
    second = definition(aws, "app:2")
    control(aws, hold="SCALE_UP")
    aws.ecs.update_service(**SERVICE, taskDefinition=second)
    assert [d["status"] for d in look(aws)["deployments"]] == ["PRIMARY", "ACTIVE"]
    control(aws)
    found = stable(aws)
    assert found["taskDefinition"] == second and found["runningCount"] == 3 and in_use(aws, place["targets"][0]) == 3
    revision = latest(aws)["targetServiceRevision"]["arn"]
    shown = aws.ecs.describe_service_revisions(serviceRevisionArns=[revision])["serviceRevisions"][0]
    assert shown["containerImages"][0]["image"] == "app:2"


def test_deleting(aws, place):
    aws.ecs.create_service(**service(place, definition(aws, "app:1")))
    stable(aws)
    refused("InvalidParameterException", aws.ecs.delete_service, **SERVICE)
    refused("ClusterContainsServicesException", aws.ecs.delete_cluster, cluster="c")
    aws.ecs.update_service(**SERVICE, desiredCount=0)
    assert aws.ecs.delete_service(**SERVICE)["service"]["status"] == "DRAINING"
    aws.ecs.get_waiter("services_inactive").wait(cluster="c", services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    assert look(aws)["status"] == "INACTIVE" and aws.ecs.list_services(cluster="c")["serviceArns"] == []
    aws.ecs.create_service(**service(place, definition(aws, "app:2"), desiredCount=0))
    aws.ecs.delete_service(**SERVICE, force=True)
    time.sleep(0.3)
    aws.ecs.delete_cluster(cluster="c")


def test_refusals(aws, place):
    task = definition(aws, "app:1")
    make = aws.ecs.create_service
    refused("ClusterNotFoundException", make, **service(place, task, cluster="absent"))
    refused("ClientException", make, **service(place, "absent:1"))
    for balancer in ({"targetGroupArn": place["targets"][2]}, {"containerName": "other"}, {"containerPort": 81}):
        wanted = service(place, task)
        wanted["loadBalancers"][0] |= balancer
        refused("InvalidParameterException", make, **wanted)
    refused("InvalidParameterException", make, **service(place, task, deploymentConfiguration={"strategy": "BLUE_GREEN"}))
    wanted = service(place, task)
    del wanted["networkConfiguration"]
    refused("InvalidParameterException", make, **wanted)
    refused("ServiceNotFoundException", aws.ecs.update_service, **SERVICE)
    refused("ServiceDeploymentNotFoundException", aws.ecs.stop_service_deployment,
            serviceDeploymentArn="arn:aws:ecs:us-east-1:123456789012:service-deployment/c/web/absent")
    aws.ecs.create_cluster(clusterName="c", settings=[{"name": "containerInsights", "value": "enabled"}])
    settings = aws.ecs.describe_clusters(clusters=["c"], include=["SETTINGS"])["clusters"][0]["settings"]
    assert settings == [{"name": "containerInsights", "value": "disabled"}]
    aws.ecs.update_cluster_settings(cluster="c", settings=[{"name": "containerInsights", "value": "enhanced"}])
    settings = aws.ecs.describe_clusters(clusters=["c"], include=["SETTINGS"])["clusters"][0]["settings"]
    assert settings == [{"name": "containerInsights", "value": "enhanced"}]


def test_a_circuit_breaker_takes_it_back(aws, place):
    first = definition(aws, "app:1")
    aws.ecs.create_service(**service(place, first, deploymentConfiguration={
        "deploymentCircuitBreaker": {"enable": True, "rollback": True}}))
    stable(aws)
    control(aws, failures=[{"event": "SCALE_UP", "version": "app:2", "log": "CannotPullContainerError: manifest unknown"}])
    aws.ecs.update_service(**SERVICE, taskDefinition=definition(aws, "app:2"))
    found = ended(aws)
    assert found["status"] == "ROLLBACK_SUCCESSFUL" and found["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert found["deploymentCircuitBreaker"]["failureCount"] == 3 and "circuit breaker" in found["rollback"]["reason"]
    now = stable(aws)
    assert now["taskDefinition"] == first and now["runningCount"] == 2
    gone = aws.ecs.list_tasks(cluster="c", serviceName="web", desiredStatus="STOPPED")["taskArns"]
    reasons = {t["stoppedReason"] for t in aws.ecs.describe_tasks(cluster="c", tasks=gone)["tasks"]}
    assert "CannotPullContainerError: manifest unknown" in reasons


def test_without_a_circuit_breaker_it_goes_on_trying(aws, place):
    control(aws, failures=[{"event": "SCALE_UP"}])
    aws.ecs.create_service(**service(place, definition(aws, "app:1")))
    time.sleep(0.3)
    assert latest(aws)["status"] == "IN_PROGRESS" and look(aws)["deployments"][0]["failedTasks"] > 3
    with pytest.raises(WaiterError):
        aws.ecs.get_waiter("services_stable").wait(cluster="c", services=["web"], WaiterConfig={"Delay": 1, "MaxAttempts": 2})


def test_blue_and_green(aws, place):
    aws.ecs.create_service(**blue_green(place, definition(aws, "app:1")))
    ended(aws)
    blue, green = place["targets"][:2]
    assert weights(aws, place["rules"][0]) == [100, 0] and (in_use(aws, blue), in_use(aws, green)) == (2, 0)
    control(aws, hold="BAKE_TIME", event_seconds=0.06)
    second = definition(aws, "app:2")
    aws.ecs.update_service(**SERVICE, taskDefinition=second)
    for _ in range(200):
        found = latest(aws)
        if found.get("lifecycleStage") == "BAKE_TIME":
            break
        time.sleep(0.02)
    assert (found["status"], found["lifecycleStage"]) == ("IN_PROGRESS", "BAKE_TIME")
    assert found["targetServiceRevision"]["requestedProductionTrafficWeight"] == 100
    assert found["sourceServiceRevisions"][0]["requestedProductionTrafficWeight"] == 0
    assert weights(aws, place["rules"][0]) == [0, 100] and (in_use(aws, blue), in_use(aws, green)) == (2, 2)
    control(aws)
    found = ended(aws)
    assert found["status"] == "SUCCESSFUL" and (in_use(aws, blue), in_use(aws, green)) == (0, 2)
    assert stable(aws)["taskDefinition"] == second
    refused("ConflictException", aws.ecs.stop_service_deployment, serviceDeploymentArn=found["serviceDeploymentArn"])


def test_stages_and_going_back(aws, place):
    first = definition(aws, "app:1")
    aws.ecs.create_service(**blue_green(place, first))
    ended(aws)
    stages = ("PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT",
              "PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP")
    control(aws, hold=stages[0])
    aws.ecs.update_service(**SERVICE, taskDefinition=definition(aws, "app:2"))
    for stage in stages:
        control(aws, hold=stage)
        seen = until(stage, lambda: latest(aws).get("lifecycleStage"))
        assert set(seen) <= {None, stages[stages.index(stage) - 1]}
    control(aws)
    ended(aws)
    control(aws, hold="BAKE_TIME")
    aws.ecs.update_service(**SERVICE, taskDefinition=first)
    time.sleep(0.5)
    assert weights(aws, place["rules"][0]) == [100, 0]
    aws.ecs.stop_service_deployment(serviceDeploymentArn=latest(aws)["serviceDeploymentArn"])
    found = ended(aws)
    assert found["status"] == "ROLLBACK_SUCCESSFUL" and weights(aws, place["rules"][0]) == [0, 100]
    assert (in_use(aws, place["targets"][0]), in_use(aws, place["targets"][1])) == (0, 2)
    aws.cloudwatch.put_metric_alarm(AlarmName="errors", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1,
                                    MetricName="m", Namespace="n", Period=60, Statistic="Sum", Threshold=1.0)
    aws.ecs.update_service(**SERVICE, taskDefinition=first, deploymentConfiguration={
        "alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True}})
    time.sleep(0.3)
    aws.cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    found = ended(aws)
    assert found["status"] == "ROLLBACK_SUCCESSFUL" and found["alarms"]["triggeredAlarmNames"] == ["errors"]


def test_a_newer_deployment_stops_the_one_under_way(aws, place):
    aws.ecs.create_service(**service(place, definition(aws, "app:1")))
    stable(aws)
    control(aws, hold="SCALE_UP")
    aws.ecs.update_service(**SERVICE, taskDefinition=definition(aws, "app:2"))
    latest(aws)
    aws.ecs.update_service(**SERVICE, forceNewDeployment=True)
    control(aws)
    ended(aws)
    assert [d["status"] for d in aws.ecs.list_service_deployments(**SERVICE)["serviceDeployments"]] == [
        "SUCCESSFUL", "STOPPED", "SUCCESSFUL"]


def test_a_stern_account_takes_its_time(aws, place):
    control(aws, event_seconds=None)
    stern(aws, fresh=0, scale=60.0)
    aws.ecs.create_service(**service(place, definition(aws, "app:1")))
    begun = time.monotonic()
    ended(aws)
    assert time.monotonic() - begun > 1.5  # two minutes of AWS's clock are two seconds


def test_a_newer_one_in_the_midst_of_a_shift(aws, place):
    aws.ecs.create_service(**blue_green(place, definition(aws, "app:1")))
    ended(aws)
    control(aws, hold="BAKE_TIME")
    aws.ecs.update_service(**SERVICE, taskDefinition=definition(aws, "app:2"))
    time.sleep(0.4)
    assert weights(aws, place["rules"][0]) == [0, 100]
    control(aws, hold="BAKE_TIME", event_seconds=1)
    third = definition(aws, "app:3")
    aws.ecs.update_service(**SERVICE, taskDefinition=third)
    control(aws, hold="SCALE_UP")
    until("SCALE_UP", lambda: latest(aws).get("lifecycleStage"))
    assert weights(aws, place["rules"][0]) == [100, 0]
    control(aws)
    found = ended(aws)
    assert found["status"] == "SUCCESSFUL" and weights(aws, place["rules"][0]) == [0, 100]
    assert stable(aws)["taskDefinition"] == third and in_use(aws, place["targets"][1]) == 2


def test_a_token_makes_a_create_idempotent(aws, place):
    wanted = service(place, definition(aws, "app:1"), clientToken="token", tags=[{"key": "a", "value": "b"}])
    first = aws.ecs.create_service(**wanted)["service"]
    assert aws.ecs.create_service(**wanted)["service"]["serviceArn"] == first["serviceArn"]
    refused("InvalidParameterException", aws.ecs.create_service, **wanted | {"desiredCount": 1})
