"""Snapshots, what is restored from them, names that change and secrets that RDS keeps behave as RDS's API reference says."""

import datetime
import json

import pytest
from conftest import refused
from test_rds import CLUSTER, cluster, seen, subnets  # noqa: F401 (fixtures)


def named(aws, name):
    return aws.rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]


@pytest.fixture
def ready(aws, cluster):  # noqa: F811
    seen(aws)
    return seen(aws)


@pytest.fixture
def snapshot(aws, ready):
    aws.rds.create_db_cluster_snapshot(DBClusterIdentifier="main", DBClusterSnapshotIdentifier="Before-It")
    aws.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="before-it")
    return "before-it"


def test_snapshot_takes_a_while(aws, ready):
    made = aws.rds.create_db_cluster_snapshot(DBClusterIdentifier="main", DBClusterSnapshotIdentifier="one")
    assert (made["DBClusterSnapshot"]["Status"], made["DBClusterSnapshot"]["PercentProgress"]) == ("creating", 0)
    states = [aws.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="one")["DBClusterSnapshots"][0]
              for _ in range(2)]
    assert [s["Status"] for s in states] == ["creating", "available"] and states[1]["PercentProgress"] == 100
    assert states[1]["DbClusterResourceId"] == ready["DbClusterResourceId"]
    refused("DBClusterSnapshotAlreadyExistsFault", aws.rds.create_db_cluster_snapshot, DBClusterIdentifier="main",
            DBClusterSnapshotIdentifier="ONE")
    for wrong in ("1a", "a--b", "a-", "a_b", "a" * 64):
        refused("InvalidParameterValue", aws.rds.create_db_cluster_snapshot, DBClusterIdentifier="main",
                DBClusterSnapshotIdentifier=wrong)
    refused("DBClusterNotFoundFault", aws.rds.create_db_cluster_snapshot, DBClusterIdentifier="none",
            DBClusterSnapshotIdentifier="two")


def test_restore_has_what_was_asked_for(aws, snapshot, ready):
    refused("DBClusterAlreadyExistsFault", aws.rds.restore_db_cluster_from_snapshot, DBClusterIdentifier="main",
            SnapshotIdentifier=snapshot, Engine="aurora-mysql")
    refused("DBClusterSnapshotNotFoundFault", aws.rds.restore_db_cluster_from_snapshot, DBClusterIdentifier="new",
            SnapshotIdentifier="none", Engine="aurora-mysql")
    aws.rds.restore_db_cluster_from_snapshot(
        DBClusterIdentifier="new", SnapshotIdentifier=snapshot, Engine="aurora-mysql", EngineVersion=ready["EngineVersion"],
        DBSubnetGroupName="main", DBClusterParameterGroupName="main", DeletionProtection=True, BackupRetentionPeriod=3,
        EnableIAMDatabaseAuthentication=True, CopyTagsToSnapshot=True, Tags=[{"Key": "c", "Value": "d"}],
        VpcSecurityGroupIds=[g["VpcSecurityGroupId"] for g in ready["VpcSecurityGroups"]],
        ServerlessV2ScalingConfiguration={"MinCapacity": 1, "MaxCapacity": 2})
    instance = {"DBInstanceIdentifier": "new-1", "DBClusterIdentifier": "new", "Engine": "aurora-mysql",
                "DBInstanceClass": "db.t4g.medium"}
    refused("InvalidDBClusterStateFault", aws.rds.create_db_instance, **instance)
    assert named(aws, "new")["Status"] == "creating"
    found = named(aws, "new")
    assert found["Status"] == "available" and found["DBClusterMembers"] == [] and "MasterUserSecret" not in found
    assert found["MasterUsername"] == ready["MasterUsername"] and found["StorageEncrypted"]
    assert found["TagList"] == [{"Key": "c", "Value": "d"}] and found["BackupRetentionPeriod"] == 3
    assert found["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 1, "MaxCapacity": 2}
    assert found["VpcSecurityGroups"] == ready["VpcSecurityGroups"] and found["DeletionProtection"]
    assert found["DbClusterResourceId"] != ready["DbClusterResourceId"]
    assert found["Endpoint"] == ready["Endpoint"].replace("main.", "new.")
    aws.rds.create_db_instance(**instance)


def test_restore_to_a_time(aws, ready):
    at = ready["EarliestRestorableTime"]
    wrong = {"DBClusterIdentifier": "new", "SourceDBClusterIdentifier": "main"}
    refused("InvalidParameterCombination", aws.rds.restore_db_cluster_to_point_in_time, **wrong)
    refused("InvalidParameterValue", aws.rds.restore_db_cluster_to_point_in_time, **wrong,
            RestoreToTime=at + datetime.timedelta(days=1))
    aws.rds.restore_db_cluster_to_point_in_time(**wrong, RestoreToTime=at, DBSubnetGroupName="main")
    named(aws, "new")
    found = named(aws, "new")
    assert found["EngineVersion"] == ready["EngineVersion"] and found["DBSubnetGroup"] == "main"


def test_new_names(aws, snapshot, ready):
    refused("DBClusterAlreadyExistsFault", aws.rds.modify_db_cluster, DBClusterIdentifier="main",
            NewDBClusterIdentifier="main", ApplyImmediately=True)
    aws.rds.modify_db_cluster(DBClusterIdentifier="main", NewDBClusterIdentifier="Old", ApplyImmediately=True)
    refused("DBClusterNotFoundFault", aws.rds.describe_db_clusters, DBClusterIdentifier="main")
    assert named(aws, "old")["Status"] == "renaming"
    found = named(aws, "old")
    assert found["Status"] == "available" and found["Endpoint"].startswith("old.cluster-")
    assert [m["DBInstanceIdentifier"] for m in found["DBClusterMembers"]] == ["main-1"]
    assert found["MasterUserSecret"]["SecretArn"] == ready["MasterUserSecret"]["SecretArn"]
    assert found["TagList"] == ready["TagList"] and found["DbClusterResourceId"] == ready["DbClusterResourceId"]
    refused("DBInstanceAlreadyExists", aws.rds.modify_db_instance, DBInstanceIdentifier="main-1",
            NewDBInstanceIdentifier="main-1", ApplyImmediately=True)
    aws.rds.modify_db_instance(DBInstanceIdentifier="main-1", NewDBInstanceIdentifier="old-1", ApplyImmediately=True)
    refused("DBInstanceNotFound", aws.rds.describe_db_instances, DBInstanceIdentifier="main-1")
    instance, = aws.rds.describe_db_instances(DBInstanceIdentifier="old-1")["DBInstances"]
    assert (instance["DBClusterIdentifier"], instance["PromotionTier"]) == ("old", 3)
    assert named(aws, "old")["DBClusterMembers"][0]["DBInstanceIdentifier"] == "old-1"


def secret(aws, name):
    arn = named(aws, name)["MasterUserSecret"]["SecretArn"]
    return arn, json.loads(aws.secretsmanager.get_secret_value(SecretId=arn)["SecretString"])


def test_managed_secret(aws, snapshot, ready):
    arn, first = secret(aws, "main")
    assert first["username"] == "root_user" and len(first["password"]) == 28
    refused("InvalidParameterCombination", aws.rds.modify_db_cluster, DBClusterIdentifier="main",
            RotateMasterUserPassword=True)
    aws.rds.modify_db_cluster(DBClusterIdentifier="main", RotateMasterUserPassword=True, ApplyImmediately=True)
    assert named(aws, "main")["MasterUserSecret"]["SecretStatus"] == "rotating"
    assert named(aws, "main")["MasterUserSecret"]["SecretStatus"] == "active"
    again, second = secret(aws, "main")
    assert again == arn and second["password"] != first["password"]
    stages = aws.secretsmanager.describe_secret(SecretId=arn)["VersionIdsToStages"]
    assert sorted(sum(stages.values(), [])) == ["AWSCURRENT", "AWSPREVIOUS"]
    aws.rds.modify_db_cluster(DBClusterIdentifier="main", ManageMasterUserPassword=True, ApplyImmediately=True)
    assert secret(aws, "main") == (arn, second)
    refused("InvalidRequestException", aws.secretsmanager.delete_secret, SecretId=arn)


def test_secret_of_what_was_restored(aws, snapshot, ready):
    aws.rds.restore_db_cluster_from_snapshot(DBClusterIdentifier="new", SnapshotIdentifier=snapshot, Engine="aurora-mysql",
                                             EngineVersion=ready["EngineVersion"], DBSubnetGroupName="main")
    named(aws, "new")
    refused("InvalidParameterCombination", aws.rds.modify_db_cluster, DBClusterIdentifier="new",
            RotateMasterUserPassword=True, ApplyImmediately=True)
    aws.rds.modify_db_cluster(DBClusterIdentifier="new", ManageMasterUserPassword=True, ApplyImmediately=True)
    assert secret(aws, "new")[1]["username"] == "root_user" and secret(aws, "new")[0] != secret(aws, "main")[0]
