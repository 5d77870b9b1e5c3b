"""Aurora clusters and what belongs to them behave as RDS's API reference says."""

import pytest
from conftest import refused

CLUSTER = {"DBClusterIdentifier": "main", "Engine": "aurora-mysql", "MasterUsername": "root_user",
           "ManageMasterUserPassword": True, "DBSubnetGroupName": "main", "DBClusterParameterGroupName": "main",
           "BackupRetentionPeriod": 7, "DeletionProtection": True, "StorageEncrypted": True, "CopyTagsToSnapshot": True,
           "EnableIAMDatabaseAuthentication": True, "EnableCloudwatchLogsExports": ["audit", "error"],
           "Tags": [{"Key": "a", "Value": "b"}]}


@pytest.fixture
def subnets(aws):
    vpc = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return [aws.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"][
        "SubnetId"] for i, z in enumerate("abc")]


@pytest.fixture
def cluster(aws, subnets):
    aws.rds.create_db_subnet_group(DBSubnetGroupName="main", DBSubnetGroupDescription="d", SubnetIds=subnets[:2])
    aws.rds.create_db_cluster_parameter_group(DBClusterParameterGroupName="main", Description="d",
                                              DBParameterGroupFamily="aurora-mysql8.0")
    group = aws.ec2.create_security_group(GroupName="db", Description="d", VpcId=aws.ec2.describe_subnets(
        SubnetIds=subnets[:1])["Subnets"][0]["VpcId"])["GroupId"]
    aws.rds.create_db_cluster(**CLUSTER, VpcSecurityGroupIds=[group])
    aws.rds.create_db_instance(DBInstanceIdentifier="main-1", DBClusterIdentifier="main", Engine="aurora-mysql",
                               DBInstanceClass="db.t4g.medium", PromotionTier=3, AutoMinorVersionUpgrade=False)
    return group


def seen(aws):
    return aws.rds.describe_db_clusters(DBClusterIdentifier="main")["DBClusters"][0]


def test_cluster_is_read_as_made(aws, cluster, subnets):
    seen(aws)
    found = seen(aws)
    assert found["Status"] == "available" and found["DeletionProtection"] and found["IAMDatabaseAuthenticationEnabled"]
    assert found["EnabledCloudwatchLogsExports"] == ["audit", "error"] and found["CopyTagsToSnapshot"]
    assert found["TagList"] == [{"Key": "a", "Value": "b"}] and found["DBClusterMembers"][0]["IsClusterWriter"]
    assert (found["DBSubnetGroup"], found["DBClusterParameterGroup"], found["StorageEncrypted"]) == ("main", "main", True)
    secret = found["MasterUserSecret"]["SecretArn"]
    assert aws.secretsmanager.describe_secret(SecretId=secret)["Name"].startswith("rds!cluster-")
    assert found["MasterUserSecret"]["SecretStatus"] == "active"
    instance = aws.rds.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": ["main"]}])["DBInstances"][0]
    assert (instance["PromotionTier"], instance["AutoMinorVersionUpgrade"], instance["PubliclyAccessible"]) == (
        3, False, False)
    refused("DependencyViolation", aws.ec2.delete_security_group, GroupId=cluster)
    refused("DependencyViolation", aws.ec2.delete_subnet, SubnetId=subnets[0])


def test_second_create_changes_nothing(aws, cluster):
    refused("DBClusterAlreadyExistsFault", aws.rds.create_db_cluster, **{**CLUSTER, "BackupRetentionPeriod": 1})
    refused("DBInstanceAlreadyExists", aws.rds.create_db_instance, DBInstanceIdentifier="main-1", Engine="aurora-mysql",
            DBClusterIdentifier="main", DBInstanceClass="db.r6g.large")
    refused("DBSubnetGroupAlreadyExists", aws.rds.create_db_subnet_group, DBSubnetGroupName="main",
            DBSubnetGroupDescription="d", SubnetIds=["subnet-1"])
    refused("DBParameterGroupAlreadyExists", aws.rds.create_db_cluster_parameter_group, Description="d",
            DBClusterParameterGroupName="main", DBParameterGroupFamily="aurora-mysql8.0")
    assert seen(aws)["BackupRetentionPeriod"] == 7 and seen(aws)["DBClusterMembers"]


def test_modify(aws, cluster):
    aws.rds.modify_db_cluster(DBClusterIdentifier="main", BackupRetentionPeriod=14, ApplyImmediately=True,
                              CloudwatchLogsExportConfiguration={"EnableLogTypes": ["slowquery"],
                                                                 "DisableLogTypes": ["audit"]},
                              PreferredBackupWindow="03:00-04:00", PreferredMaintenanceWindow="sun:05:00-sun:06:00",
                              EnableIAMDatabaseAuthentication=False, CopyTagsToSnapshot=False,
                              ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 4})
    seen(aws)
    found = seen(aws)
    assert found["BackupRetentionPeriod"] == 14 and found["EnabledCloudwatchLogsExports"] == ["error", "slowquery"]
    assert (found["PreferredBackupWindow"], found["PreferredMaintenanceWindow"]) == ("03:00-04:00", "sun:05:00-sun:06:00")
    assert not found["IAMDatabaseAuthenticationEnabled"] and not found["CopyTagsToSnapshot"]
    assert found["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 4}
    aws.rds.modify_db_instance(DBInstanceIdentifier="main-1", DBInstanceClass="db.r6g.large", PromotionTier=0,
                               AutoMinorVersionUpgrade=True, ApplyImmediately=True)
    found = aws.rds.describe_db_instances(DBInstanceIdentifier="main-1")["DBInstances"][0]
    assert (found["DBInstanceClass"], found["PromotionTier"], found["AutoMinorVersionUpgrade"]) == ("db.r6g.large", 0, True)


def test_change_that_waits_for_the_window(aws, cluster):
    aws.rds.modify_db_instance(DBInstanceIdentifier="main-1", DBInstanceClass="db.r6g.large")
    found = aws.rds.describe_db_instances(DBInstanceIdentifier="main-1")["DBInstances"][0]
    assert found["DBInstanceClass"] == "db.t4g.medium"
    assert found["PendingModifiedValues"]["DBInstanceClass"] == "db.r6g.large"
    aws.rds.modify_db_instance(DBInstanceIdentifier="main-1", DBInstanceClass="db.r6g.large", ApplyImmediately=True)
    found = aws.rds.describe_db_instances(DBInstanceIdentifier="main-1")["DBInstances"][0]
    assert found["DBInstanceClass"] == "db.r6g.large" and not found["PendingModifiedValues"]


def test_wrong_order(aws, cluster):
    refused("InvalidDBSubnetGroupStateFault", aws.rds.delete_db_subnet_group, DBSubnetGroupName="main")
    refused("InvalidDBParameterGroupState", aws.rds.delete_db_cluster_parameter_group, DBClusterParameterGroupName="main")
    refused("InvalidParameterCombination", aws.rds.delete_db_cluster, DBClusterIdentifier="main", SkipFinalSnapshot=True)
    aws.rds.modify_db_cluster(DBClusterIdentifier="main", DeletionProtection=False, ApplyImmediately=True)
    refused("InvalidParameterCombination", aws.rds.delete_db_cluster, DBClusterIdentifier="main")
    refused("InvalidDBClusterStateFault", aws.rds.delete_db_cluster, DBClusterIdentifier="main", SkipFinalSnapshot=True)
    secret = seen(aws)["MasterUserSecret"]["SecretArn"]
    aws.rds.delete_db_instance(DBInstanceIdentifier="main-1", SkipFinalSnapshot=True)
    aws.rds.delete_db_cluster(DBClusterIdentifier="main", FinalDBSnapshotIdentifier="last")
    snapshot, = aws.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="last")["DBClusterSnapshots"]
    assert snapshot["TagList"] == [{"Key": "a", "Value": "b"}] and snapshot["SnapshotType"] == "manual"
    refused("DBClusterNotFoundFault", aws.rds.describe_db_clusters, DBClusterIdentifier="main")
    refused("ResourceNotFoundException", aws.secretsmanager.describe_secret, SecretId=secret)
    aws.rds.delete_db_subnet_group(DBSubnetGroupName="main")
    aws.rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName="main")


def test_subnet_group(aws, cluster, subnets):
    aws.rds.modify_db_subnet_group(DBSubnetGroupName="main", SubnetIds=subnets)
    group, = aws.rds.describe_db_subnet_groups(DBSubnetGroupName="main")["DBSubnetGroups"]
    assert sorted(s["SubnetIdentifier"] for s in group["Subnets"]) == sorted(subnets)
    refused("DBSubnetGroupDoesNotCoverEnoughAZs", aws.rds.create_db_subnet_group, DBSubnetGroupName="one",
            DBSubnetGroupDescription="d", SubnetIds=subnets[:1])


def test_parameters(aws, cluster):
    aws.rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName="main", Parameters=[
        {"ParameterName": "require_secure_transport", "ParameterValue": "ON", "ApplyMethod": "immediate"}])
    found = aws.rds.describe_db_cluster_parameters(DBClusterParameterGroupName="main", Source="user")["Parameters"]
    assert [(p["ParameterName"], p["ParameterValue"], p["Source"]) for p in found] == [
        ("require_secure_transport", "ON", "user")]
    refused("InvalidParameterCombination", aws.rds.modify_db_cluster_parameter_group, DBClusterParameterGroupName="main",
            Parameters=[{"ParameterName": "binlog_format", "ParameterValue": "ROW", "ApplyMethod": "immediate"}])
