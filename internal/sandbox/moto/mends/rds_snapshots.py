"""RDS: snapshots of Aurora clusters, what is restored from them, and names that change."""

import datetime
import hashlib
import re

from moto.rds.models import DBCluster

from gateway.errors import AwsError
from gateway.registry import mend

NAME = re.compile(r"[a-z](-?[a-z0-9])*")


def _identifier(value, what):
    """API_CreateDBClusterSnapshot.html: the rule that all of RDS's identifiers keep."""
    if len(value) > 63 or not NAME.fullmatch(value.lower()):
        raise AwsError("InvalidParameterValue", f"The parameter {what} is not a valid identifier. Identifiers must begin with "
                       "a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or "
                       "contain two consecutive hyphens.")
    return value.lower()


def _cluster(call, name):
    cluster = call.backend().clusters.get(name.lower())
    if cluster is None:
        raise AwsError("DBClusterNotFoundFault", f"DBCluster {name} not found.", 404)
    return cluster


@mend("rds", "CreateDBClusterSnapshot")
def create_snapshot(call):
    """API_CreateDBClusterSnapshot.html: the cluster is available, the name is new; the snapshot is creating at first."""
    p, backend = call.params, call.backend()
    name = p["DBClusterSnapshotIdentifier"] = _identifier(p["DBClusterSnapshotIdentifier"], "DBClusterSnapshotIdentifier")
    cluster = _cluster(call, p["DBClusterIdentifier"])
    p["DBClusterIdentifier"] = cluster.db_cluster_identifier
    if cluster._status != "available":
        raise AwsError("InvalidDBClusterStateFault", f"Cluster {cluster.db_cluster_identifier} is in {cluster._status} state.")
    if name in backend.cluster_snapshots:
        raise AwsError("DBClusterSnapshotAlreadyExistsFault", f"Cannot create the snapshot because a snapshot with the "
                       f"identifier {name} already exists.")
    answer = call.next()
    answer["DBClusterSnapshot"] |= {"Status": "creating", "PercentProgress": 0}
    backend.cluster_snapshots[name]._mend_looks = 1
    return answer


@mend("rds", "DescribeDBClusterSnapshots")
def snapshots(call):
    """API_DBClusterSnapshot.html: the progress of what is being made, and of which cluster it is."""
    answer, backend = call.next(), call.backend()
    for shown in answer["DBClusterSnapshots"]:
        held = backend.cluster_snapshots.get(shown["DBClusterSnapshotIdentifier"])
        if held is None:
            continue
        shown["DbClusterResourceId"] = held.cluster.db_cluster_resource_id
        if getattr(held, "_mend_looks", 0):
            held._mend_looks -= 1
            shown |= {"Status": "creating", "PercentProgress": 50}
    return answer


def _place(call):
    """Aurora.Overview.Endpoints.html in the AuroraUserGuide: the part of an endpoint after the cluster's name is the same for
    all clusters of an account in a region."""
    return "c" + hashlib.sha256(f"{call.account} {call.region}".encode()).hexdigest()[:11]


@mend("rds", "CreateDBCluster")
def endpoints(call):
    """Aurora.Overview.Endpoints.html in the AuroraUserGuide: a name that is used again has the endpoints it had."""
    answer, made = call.next(), call.backend().clusters[call.params["DBClusterIdentifier"].lower()]
    shown, made.url_identifier = made.url_identifier, _place(call)
    for member in ("Endpoint", "ReaderEndpoint"):
        if member in answer["DBCluster"]:
            answer["DBCluster"][member] = answer["DBCluster"][member].replace(shown, made.url_identifier)
    return answer


def _target(call):
    """The checks that both ways to restore share; the identifier of the new cluster."""
    p, backend = call.params, call.backend()
    name = _identifier(p["DBClusterIdentifier"], "DBClusterIdentifier")
    if name in backend.clusters:
        raise AwsError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    if p.get("DBSubnetGroupName", "default") not in ("default", *backend.subnet_groups):
        raise AwsError("DBSubnetGroupNotFoundFault", f"DB subnet group '{p['DBSubnetGroupName']}' does not exist.", 404)
    group = p.get("DBClusterParameterGroupName", "default.")
    if not group.startswith("default.") and group not in backend.db_cluster_parameter_groups:
        raise AwsError("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {group}", 404)
    return name


def _restore(call, name, source, version):
    """A cluster with the data of source, and the settings of the call or the defaults of RDS. It has no instances, and no
    secret: RDS makes one when the cluster is modified."""
    p, backend = call.params, call.backend()
    scaling = p.get("ServerlessV2ScalingConfiguration")
    backend.create_db_cluster({
        "db_cluster_identifier": name, "engine": source.engine, "engine_version": version,
        "master_username": source.master_username, "master_user_password": "of-the-source", "kms_key_id": source.kms_key_id,
        "storage_encrypted": source.storage_encrypted or "KmsKeyId" in p, "database_name": source.database_name,
        "port": p.get("Port", source.port), "db_subnet_group_name": p.get("DBSubnetGroupName"),
        "db_cluster_parameter_group_name": p.get("DBClusterParameterGroupName"),
        "vpc_security_group_ids": p.get("VpcSecurityGroupIds"), "deletion_protection": p.get("DeletionProtection", False),
        "copy_tags_to_snapshot": p.get("CopyTagsToSnapshot", False), "tags": p.get("Tags", []),
        "backup_retention_period": p.get("BackupRetentionPeriod", source.backup_retention_period),
        "enable_iam_database_authentication": p.get("EnableIAMDatabaseAuthentication", False),
        "enable_cloudwatch_logs_exports": p.get("EnableCloudwatchLogsExports", []),
        "serverless_v2_scaling_configuration": scaling and {
            "min_capacity": scaling["MinCapacity"], "max_capacity": scaling["MaxCapacity"]}})
    made = backend.clusters[name]
    made._mend_restored, made.url_identifier = True, _place(call)
    answer = {"DBCluster": call.ask("DescribeDBClusters", DBClusterIdentifier=name)["DBClusters"][0]}
    made._status = "creating"
    return answer


@mend("rds", "RestoreDBClusterFromSnapshot")
def restore_snapshot(call):
    """API_RestoreDBClusterFromSnapshot.html: the snapshot is available, of the engine, and not newer than the version."""
    p, backend = call.params, call.backend()
    name = _target(call)
    wanted = p["SnapshotIdentifier"].lower()
    wanted = wanted.split(":cluster-snapshot:")[-1]
    snapshot = backend.cluster_snapshots.get(wanted)
    if snapshot is None:
        raise AwsError("DBClusterSnapshotNotFoundFault", f"DBClusterSnapshot {p['SnapshotIdentifier']} not found.", 404)
    if getattr(snapshot, "_mend_looks", 0):
        raise AwsError("InvalidDBClusterSnapshotStateFault", "Cannot restore from a snapshot that is not available.")
    source = snapshot.cluster
    if p["Engine"] != source.engine:
        raise AwsError("InvalidParameterCombination", f"The snapshot is of the engine {source.engine}.")
    version = p.get("EngineVersion", "8.0.mysql_aurora.3.08.2")
    if [int(n) for n in re.findall(r"\d+", version)] < [int(n) for n in re.findall(r"\d+", source.engine_version)]:
        raise AwsError("InvalidParameterCombination", f"Cannot restore {source.engine_version} as {version}.")
    return _restore(call, name, source, version)


@mend("rds", "RestoreDBClusterToPointInTime")
def restore_time(call):
    """API_RestoreDBClusterToPointInTime.html: either a time, between the earliest and the latest, or the latest."""
    p = call.params
    name, source = _target(call), _cluster(call, p["SourceDBClusterIdentifier"])
    at, latest = p.get("RestoreToTime"), p.get("UseLatestRestorableTime", False)
    if (at is None) != bool(latest):
        raise AwsError("InvalidParameterCombination", "Either RestoreToTime or UseLatestRestorableTime must be specified.")
    if at is not None:
        first, last = (t.replace(tzinfo=datetime.timezone.utc) for t in (
            source.earliest_restorable_time.replace(microsecond=0), source.latest_restorable_time))
        if isinstance(at, str):
            at = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
        if not first <= at <= last:
            raise AwsError("InvalidParameterValue", f"The specified RestoreToTime {at} is not between {first} and {last}.")
    return _restore(call, name, source, source.engine_version)


@mend("rds", "CreateDBInstance")
def into_restored(call):
    """API_RestoreDBClusterFromSnapshot.html: instances only once the restored cluster is available."""
    cluster = call.backend().clusters.get(call.params.get("DBClusterIdentifier", "").lower())
    if cluster is not None and getattr(cluster, "_mend_restored", False) and cluster._status == "creating":
        raise AwsError("InvalidDBClusterStateFault", f"DbCluster {cluster.db_cluster_identifier} is in creating state")


@mend("rds", "ModifyDBCluster")
def rename_cluster(call):
    """API_ModifyDBCluster.html: a new name is free; instances, endpoints and automatic snapshots go with the cluster."""
    p, backend = call.params, call.backend()
    cluster = _cluster(call, p["DBClusterIdentifier"])
    new = p.get("NewDBClusterIdentifier")
    if new is None:
        return None
    old, new = cluster.db_cluster_identifier, _identifier(new, "NewDBClusterIdentifier")
    if new in backend.clusters:
        raise AwsError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    if not p.get("ApplyImmediately"):
        raise AwsError("NotImplemented", "The sandbox renames a cluster at once only: say ApplyImmediately.", 501)
    p["DBClusterIdentifier"], p["NewDBClusterIdentifier"] = old, new
    members = [i for i in backend.databases.values() if getattr(i, "db_cluster_identifier", None) == old]
    answer = call.next()
    for instance in members:
        instance.db_cluster_identifier = new
    for snapshot in backend.cluster_snapshots.values():
        if snapshot.snapshot_type == "automated" and snapshot.cluster.db_cluster_resource_id == cluster.db_cluster_resource_id:
            snapshot.cluster.db_cluster_identifier = snapshot.db_cluster_identifier = new
    if isinstance(cluster, DBCluster):
        cluster._status = "creating"  # the state that moto has pass at the next look
        cluster._mend_shown = "renaming"
    return answer


@mend("rds", "DescribeDBClusters")
def renaming(call):
    """Aurora.Status in the AuroraUserGuide: a cluster with a new name is renaming for a while."""
    answer, backend = call.next(), call.backend()
    for shown in answer["DBClusters"]:
        cluster = backend.clusters.get(shown["DBClusterIdentifier"])
        if shown["Status"] == "creating" and hasattr(cluster, "_mend_shown"):
            shown["Status"] = cluster.__dict__.pop("_mend_shown")
    return answer


@mend("rds", "ModifyDBInstance")
def rename_instance(call):
    """API_ModifyDBInstance.html: a new name is free; the instance reboots with it."""
    p, backend = call.params, call.backend()
    new = p.get("NewDBInstanceIdentifier")
    if new is None:
        return None
    new = p["NewDBInstanceIdentifier"] = _identifier(new, "NewDBInstanceIdentifier")
    if new in backend.databases:
        raise AwsError("DBInstanceAlreadyExists", "DB instance already exists")
    p["DBInstanceIdentifier"] = p["DBInstanceIdentifier"].lower()
    return None
