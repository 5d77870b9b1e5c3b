"""Databases, image repositories and buckets."""

from account import only, policy, without


def databases(a):
    for group in a.all("rds", "describe_db_subnet_groups", "DBSubnetGroups"):
        if group["DBSubnetGroupName"] != "default":
            doc = only(group, "DBSubnetGroupName", "DBSubnetGroupDescription", "VpcId")
            doc["subnets"] = [subnet["SubnetIdentifier"] for subnet in group["Subnets"]]
            _tagged(a, "db-subnet-group", group["DBSubnetGroupName"], doc, group["DBSubnetGroupArn"])
    for group in a.all("rds", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups"):
        name = group["DBClusterParameterGroupName"]
        if not name.startswith("default."):
            parameters = a.all("rds", "describe_db_cluster_parameters", "Parameters", DBClusterParameterGroupName=name,
                               Source="user")
            doc = without(group, "DBClusterParameterGroupArn")
            doc["set"] = {p["ParameterName"]: p.get("ParameterValue") for p in parameters}
            _tagged(a, "db-cluster-parameter-group", name, doc, group["DBClusterParameterGroupArn"])
    for cluster in a.all("rds", "describe_db_clusters", "DBClusters"):
        doc = only(
            cluster, "DBClusterIdentifier", "Status", "Engine", "EngineVersion", "DBSubnetGroup", "DBClusterParameterGroup",
            "MasterUsername", "StorageEncrypted", "BackupRetentionPeriod", "PreferredBackupWindow", "DeletionProtection",
            "PreferredMaintenanceWindow", "EnabledCloudwatchLogsExports", "IAMDatabaseAuthenticationEnabled", "Port",
            "CopyTagsToSnapshot", "ServerlessV2ScalingConfiguration", "DatabaseName")
        doc["security groups"] = [each["VpcSecurityGroupId"] for each in cluster["VpcSecurityGroups"]]
        doc["members"] = [only(m, "DBInstanceIdentifier", "IsClusterWriter", "PromotionTier")
                          for m in cluster["DBClusterMembers"]]
        doc["managed password"] = "MasterUserSecret" in cluster
        name = cluster["DBClusterIdentifier"]
        _tagged(a, "db-cluster", name, doc, cluster["DBClusterArn"])
        a.alias(cluster.get("DbClusterResourceId", ""), f"resource id of db-cluster {name}")
        a.alias(cluster.get("Endpoint", ""), f"endpoint of db-cluster {name}")
        a.alias(cluster.get("ReaderEndpoint", ""), f"reader endpoint of db-cluster {name}")
        a.alias(cluster.get("MasterUserSecret", {}).get("SecretArn", ""), f"secret of db-cluster {name}")
    for instance in a.all("rds", "describe_db_instances", "DBInstances"):
        doc = only(
            instance, "DBInstanceIdentifier", "DBInstanceClass", "DBInstanceStatus", "Engine", "DBClusterIdentifier",
            "PromotionTier", "AutoMinorVersionUpgrade", "PubliclyAccessible", "AvailabilityZone", "MonitoringInterval")
        _tagged(a, "db-instance", instance["DBInstanceIdentifier"], doc, instance["DBInstanceArn"])
    for snapshot in a.all("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots"):
        if snapshot["SnapshotType"] == "manual":  # named by the time
            a.add("db-cluster-snapshot", f"of {snapshot['DBClusterIdentifier']}", only(snapshot, "Engine", "StorageEncrypted"))


def _tagged(a, kind, name, doc, arn):
    a.add(kind, name, doc | {"Tags": a.ask("rds", "list_tags_for_resource", "TagList", ResourceName=arn)}, [arn])


def repositories(a):
    for repository in a.all("ecr", "describe_repositories", "repositories"):
        name = repository["repositoryName"]
        doc = without(repository, "repositoryArn", "repositoryUri", "registryId")
        doc["lifecycle"] = policy(a.ask("ecr", "get_lifecycle_policy", "lifecyclePolicyText", repositoryName=name,
                                        absent=["LifecyclePolicyNotFoundException"]))
        doc["tags"] = a.ask("ecr", "list_tags_for_resource", "tags", resourceArn=repository["repositoryArn"])
        a.add("repository", name, doc)


SETTINGS = {
    "get_bucket_versioning": (None, ()),
    "get_bucket_encryption": ("ServerSideEncryptionConfiguration", ["ServerSideEncryptionConfigurationNotFoundError"]),
    "get_public_access_block": ("PublicAccessBlockConfiguration", ["NoSuchPublicAccessBlockConfiguration"]),
    "get_bucket_ownership_controls": ("OwnershipControls", ["OwnershipControlsNotFoundError"]),
    "get_bucket_cors": ("CORSRules", ["NoSuchCORSConfiguration"]),
    "get_bucket_lifecycle_configuration": ("Rules", ["NoSuchLifecycleConfiguration"]),
    "get_bucket_policy": ("Policy", ["NoSuchBucketPolicy"]),
}


def buckets(a):
    for bucket in a.all("s3", "list_buckets", "Buckets"):
        name = bucket["Name"]
        doc = {}
        for operation, (key, absent) in SETTINGS.items():
            doc[operation[4:]] = a.ask("s3", operation, key, absent=absent, Bucket=name)
        doc["bucket_policy"] = policy(doc["bucket_policy"])
        doc["Tags"] = a.ask("s3", "get_bucket_tagging", "TagSet", absent=["NoSuchTagSet"], Bucket=name) or []
        # The tool's own notes tell times, and are not part of the world.
        doc["objects"] = [found["Key"] for page in a.client("s3").get_paginator("list_objects_v2").paginate(Bucket=name)
                          for found in page.get("Contents", []) if not found["Key"].startswith("infrastructure/")]
        a.add("bucket", name, doc)


READERS = [databases, repositories, buckets]
