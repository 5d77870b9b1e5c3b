"""A stern account behaves as AWS says of fresh objects, slow states and what lingers; other accounts are left alone."""

import json
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError
from conftest import refused
from test_autoscaling import create, place, running  # noqa: F401


@pytest.fixture
def stern(aws):
    """Makes the account stern; a second of ours is ten of AWS's unless said otherwise."""
    def be(**settings):
        body = json.dumps({"scale": 10.0} | settings).encode()
        url = f"{aws.endpoint}/moto-api/stern?account={aws.number}"
        urllib.request.urlopen(urllib.request.Request(url, body, method="POST")).close()
        return aws
    return be


def control(endpoint, **query):
    return json.load(urllib.request.urlopen(f"{endpoint}/moto-api/stern"))


def test_each_behaviour_names_its_page(endpoint):
    found = control(endpoint)
    assert len(found) > 50
    assert all(b["page"].startswith("https://docs.aws.amazon.com/") and b["operations"] and b["what"] for b in found)


def test_settings_are_checked(stern):
    with pytest.raises(urllib.error.HTTPError) as caught:
        stern(snow=True)
    assert caught.value.code == 400


def test_fresh_objects_are_unseen_then_seen(stern):
    aws, unseen, unknown = stern(fresh=20), 0, 0
    made = [aws.ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in range(12)]
    for vpc in made:
        try:
            aws.ec2.create_subnet(VpcId=vpc, CidrBlock=vpc_range(made, vpc))
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidVpcID.NotFound"
            unknown += 1
    for _ in range(6):
        listed = {v["VpcId"] for v in aws.ec2.describe_vpcs()["Vpcs"]}
        unseen += sum(v not in listed for v in made)
    assert unseen and unknown
    time.sleep(2.1)
    assert set(made) <= {v["VpcId"] for v in aws.ec2.describe_vpcs()["Vpcs"]}


def vpc_range(made, vpc):
    return f"10.{made.index(vpc)}.1.0/24"


def test_other_accounts_are_left_alone(aws, endpoint):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert all(vpc in {v["VpcId"] for v in aws.ec2.describe_vpcs()["Vpcs"]} for _ in range(5))


def cluster(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"][
        "SubnetId"] for n, z in enumerate("ab")]
    aws.rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="g", SubnetIds=subnets)
    aws.rds.create_db_cluster(DBClusterIdentifier="c", Engine="aurora-mysql", MasterUsername="u", DBSubnetGroupName="g",
                              ManageMasterUserPassword=True)
    return subnets


def states(look, until, seconds):
    seen = []
    for _ in range(int(seconds / 0.05)):
        if not seen or seen[-1] != look():
            seen.append(look())
        if seen[-1] == until:
            break
        time.sleep(0.05)
    return seen


def test_a_cluster_takes_its_time(stern):
    aws = stern(fresh=0, scale=100.0)
    subnets = cluster(aws)
    status = lambda: aws.rds.describe_db_clusters()["DBClusters"][0]["Status"]  # noqa: E731
    assert states(status, "available", 5) == ["creating", "backing-up", "available"]
    aws.rds.modify_db_cluster(DBClusterIdentifier="c", BackupRetentionPeriod=3, ApplyImmediately=True)
    time.sleep(0.2)
    assert status() == "modifying"
    refused("InvalidDBClusterStateFault", aws.rds.modify_db_cluster, DBClusterIdentifier="c", BackupRetentionPeriod=4)
    assert states(status, "available", 5)[-1] == "available"
    aws.rds.create_db_instance(DBInstanceIdentifier="i", DBInstanceClass="db.t3.medium", Engine="aurora-mysql",
                               DBClusterIdentifier="c")
    aws.rds.delete_db_instance(DBInstanceIdentifier="i", SkipFinalSnapshot=True)
    aws.rds.delete_db_cluster(DBClusterIdentifier="c", SkipFinalSnapshot=True)
    assert status() == "deleting"
    refused("InvalidDBSubnetGroupStateFault", aws.rds.delete_db_subnet_group, DBSubnetGroupName="g")
    held = [i["SubnetId"] for i in aws.ec2.describe_network_interfaces(
        Filters=[{"Name": "description", "Values": ["RDSNetworkInterface"]}])["NetworkInterfaces"]]
    assert held and set(held) <= set(subnets)
    refused("DependencyViolation", aws.ec2.delete_subnet, SubnetId=held[0])
    time.sleep(4)
    assert aws.rds.describe_db_clusters()["DBClusters"] == []
    aws.rds.delete_db_subnet_group(DBSubnetGroupName="g")
    aws.ec2.delete_subnet(SubnetId=held[0])


def test_a_restored_cluster_takes_its_time(stern):
    aws = stern(fresh=0, scale=100.0)
    cluster(aws)
    status = lambda name: aws.rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["Status"]  # noqa: E731
    assert states(lambda: status("c"), "available", 15)[-1] == "available"
    aws.rds.create_db_cluster_snapshot(DBClusterIdentifier="c", DBClusterSnapshotIdentifier="s")
    snapshot = lambda: aws.rds.describe_db_cluster_snapshots()["DBClusterSnapshots"][0]["Status"]  # noqa: E731
    assert states(snapshot, "available", 30)[-1] == "available"
    aws.rds.restore_db_cluster_from_snapshot(DBClusterIdentifier="r", SnapshotIdentifier="s", Engine="aurora-mysql")
    assert status("r") == "creating"
    refused("InvalidDBClusterStateFault", aws.rds.modify_db_cluster, DBClusterIdentifier="r", BackupRetentionPeriod=4)
    assert states(lambda: status("r"), "available", 15)[-1] == "available"


def test_a_new_name_is_told_after_a_moment(stern):
    aws = stern(fresh=0)
    cluster(aws)
    look = lambda: aws.rds.describe_db_clusters()["DBClusters"][0]  # noqa: E731
    assert states(lambda: look()["Status"], "available", 15)[-1] == "available"
    aws.rds.modify_db_cluster(DBClusterIdentifier="c", NewDBClusterIdentifier="d", ApplyImmediately=True)
    assert look()["DBClusterIdentifier"] == "c" and look()["DBClusterArn"].endswith(":c")
    refused("DBClusterNotFoundFault", aws.rds.describe_db_clusters, DBClusterIdentifier="d")
    refused("InvalidDBClusterStateFault", aws.rds.modify_db_cluster, DBClusterIdentifier="c", BackupRetentionPeriod=4)
    aws.rds.add_tags_to_resource(ResourceName=look()["DBClusterArn"], Tags=[{"Key": "k", "Value": "v"}])
    time.sleep(1.1)
    assert look()["DBClusterIdentifier"] == "d" and look()["Status"] == "modifying"
    assert {"Key": "k", "Value": "v"} in look()["TagList"]
    refused("DBClusterNotFoundFault", aws.rds.describe_db_clusters, DBClusterIdentifier="c")


def test_services_do_not_know_a_fresh_role(stern):
    aws = stern(fresh=0, iam=10)
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "codedeploy.amazonaws.com"},
                                       "Action": "sts:AssumeRole"}]})
    role = aws.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    aws.codedeploy.create_application(applicationName="a")
    wanted = {"applicationName": "a", "deploymentGroupName": "g", "serviceRoleArn": role}
    refused("InvalidRoleException", aws.codedeploy.create_deployment_group, **wanted)
    time.sleep(1.1)
    aws.codedeploy.create_deployment_group(**wanted)


def test_a_refresh_waits_for_warm_up(stern, place):  # noqa: F811
    aws = stern(fresh=0, iam=0, scale=100.0)
    create(aws, place, DesiredCapacity=2, DefaultInstanceWarmup=40)
    running(aws)
    aws.autoscaling.start_instance_refresh(AutoScalingGroupName="web")
    look = lambda: aws.autoscaling.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"][0]  # noqa: E731
    begun = time.monotonic()
    assert states(lambda: look().get("PercentageComplete"), 100, 20) == [0, 50, 100]
    assert time.monotonic() - begun > 2  # 100 seconds of AWS's clock for each instance, and one look before the first
