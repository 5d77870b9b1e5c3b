"""RDS: what moto lacks of Aurora clusters, their versions, parameters and subnet groups."""

import re

from gateway.errors import AwsError
from gateway.registry import mend

VERSIONS = {
    "aurora-mysql8.0": ["8.0.mysql_aurora.3.04.4", "8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.10.0"],
    "aurora-mysql5.7": ["5.7.mysql_aurora.2.11.6", "5.7.mysql_aurora.2.12.5"],
}
DEFAULT = "8.0.mysql_aurora.3.08.2"


@mend("rds", "DescribeDBEngineVersions")
def engine_versions(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBEngineVersions.html: DefaultOnly gives the
    default of the engine, or of the engine and major version."""
    want = call.params
    found = []
    for family, versions in VERSIONS.items():
        for version in versions:
            asked = want.get("EngineVersion")
            if want.get("Engine", "aurora-mysql") == "aurora-mysql" \
                    and want.get("DBParameterGroupFamily", family) == family \
                    and (not asked or version == asked or version.startswith(asked + ".")) \
                    and (not want.get("DefaultOnly") or version == DEFAULT):
                found.append({
                    "Engine": "aurora-mysql", "EngineVersion": version, "DBParameterGroupFamily": family, "Status": "available",
                    "DBEngineDescription": "Aurora MySQL", "DBEngineVersionDescription": f"Aurora MySQL {version}",
                    "SupportedEngineModes": ["provisioned"], "ExportableLogTypes": ["audit", "error", "general", "slowquery"]})
    return {"DBEngineVersions": found}


@mend("rds", "CreateDBCluster")
def create_cluster(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html: the identifier is unique, and the
    subnet group, parameter group and version exist."""
    backend, want = call.backend(), call.params
    name = want["DBClusterIdentifier"].lower()
    if name in backend.clusters:
        raise AwsError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    group = want.get("DBSubnetGroupName")
    if group and group != "default" and group not in backend.subnet_groups:
        raise AwsError("DBSubnetGroupNotFoundFault", f"DB subnet group '{group}' does not exist.", 404)
    parameters = want.get("DBClusterParameterGroupName")
    if parameters and not parameters.startswith("default.") and parameters not in backend.db_cluster_parameter_groups:
        raise AwsError("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {parameters}", 404)
    if want["Engine"] == "aurora-mysql":
        known = [v for versions in VERSIONS.values() for v in versions]
        version = want.setdefault("EngineVersion", DEFAULT)
        if version not in known:
            raise AwsError("InvalidParameterCombination", f"Cannot find version {version} for aurora-mysql")
    return None


@mend("rds", "ModifyDBCluster")
def modify_cluster(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html: log exports are switched one by one,
    and a cluster that is not available is not changed."""
    backend, want = call.backend(), call.params
    cluster = backend.clusters.get(want["DBClusterIdentifier"].lower())
    if cluster is None:
        raise AwsError("DBClusterNotFoundFault", f"DBCluster {want['DBClusterIdentifier']} not found.", 404)
    if cluster.status == "stopped":
        raise AwsError("InvalidDBClusterStateFault", f"DbCluster {want['DBClusterIdentifier']} is in stopped state")
    wanted, now = want.get("EngineVersion", cluster.engine_version), cluster.engine_version
    if [int(n) for n in re.findall(r"\d+", wanted)[:2]] < [int(n) for n in re.findall(r"\d+", now)[:2]]:
        raise AwsError("InvalidParameterCombination", f"Cannot upgrade {cluster.engine} from {now} to {wanted}")
    if "EngineVersion" in want and want["EngineVersion"].split(".mysql")[0] != cluster.engine_version.split(".mysql")[0] \
            and not want.get("AllowMajorVersionUpgrade"):
        raise AwsError("InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
    logs = want.pop("CloudwatchLogsExportConfiguration", None) or {}
    on = [t for t in cluster.enabled_cloudwatch_logs_exports or [] if t not in logs.get("DisableLogTypes", [])]
    answer = call.next()
    if "EnableIAMDatabaseAuthentication" in want:
        cluster.iam_auth = want["EnableIAMDatabaseAuthentication"]
    cluster.enabled_cloudwatch_logs_exports = on + [t for t in logs.get("EnableLogTypes", []) if t not in on]
    return answer


@mend("rds", "DeleteDBCluster")
def delete_cluster(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html: either a final snapshot is named or it
    is skipped; with CopyTagsToSnapshot it has the cluster's tags."""
    backend, want = call.backend(), call.params
    snapshot = want.get("FinalDBSnapshotIdentifier")
    cluster = backend.clusters.get(want["DBClusterIdentifier"].lower())
    if cluster is None:
        raise AwsError("DBClusterNotFoundFault", f"DBCluster {want['DBClusterIdentifier']} not found.", 404)
    if bool(snapshot) == bool(want.get("SkipFinalSnapshot")):
        raise AwsError("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
    if snapshot and snapshot in backend.cluster_snapshots:
        raise AwsError("DBClusterSnapshotAlreadyExistsFault", f"Cannot create the cluster snapshot {snapshot} because one with the identifier exists.")
    copied = list(cluster.tags) if cluster.copy_tags_to_snapshot else []
    answer = call.next()
    key = want["DBClusterIdentifier"].lower()
    for name in [n for n, s in backend.cluster_snapshots.items() if s.snapshot_type == "automated" and
                 s.cluster.db_cluster_identifier == key]:
        del backend.cluster_snapshots[name]  # automated backups go with their cluster
    if snapshot and copied:
        backend.cluster_snapshots[snapshot].tags = copied
    return answer


@mend("rds", "ModifyDBSubnetGroup")
def modify_subnet_group(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSubnetGroup.html: the group stays (moto's goes)."""
    groups, name = call.backend().subnet_groups, call.params["DBSubnetGroupName"].lower()
    if name not in groups:
        raise AwsError("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.", 404)
    group = groups[name]
    try:
        return call.next()
    finally:
        groups[name] = group


@mend("rds", "DeleteDBSubnetGroup")
def delete_subnet_group(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSubnetGroup.html: not while a cluster is in it."""
    name = call.params["DBSubnetGroupName"].lower()
    if any(c.db_subnet_group == name for c in call.backend().clusters.values()):
        raise AwsError("InvalidDBSubnetGroupStateFault", f"Cannot delete the subnet group '{name}' because at least one database instance is still using it.")
    return None


# name: (default, type, data type)
PARAMETERS = {
    "binlog_format": ("OFF", "static", "string"), "character_set_client": (None, "dynamic", "string"),
    "character_set_connection": (None, "dynamic", "string"), "character_set_database": (None, "dynamic", "string"),
    "character_set_filesystem": (None, "dynamic", "string"), "character_set_results": (None, "dynamic", "string"),
    "character_set_server": (None, "dynamic", "string"), "collation_connection": (None, "dynamic", "string"),
    "collation_server": (None, "dynamic", "string"), "enforce_gtid_consistency": ("OFF", "static", "string"),
    "general_log": ("0", "dynamic", "boolean"), "gtid-mode": ("OFF_PERMISSIVE", "static", "string"),
    "innodb_file_per_table": ("1", "dynamic", "boolean"), "log_output": ("FILE", "dynamic", "string"),
    "long_query_time": (None, "dynamic", "float"), "lower_case_table_names": (None, "static", "integer"),
    "max_connections": (None, "dynamic", "integer"), "require_secure_transport": ("OFF", "dynamic", "string"),
    "server_audit_events": (None, "dynamic", "string"), "server_audit_logging": ("0", "dynamic", "boolean"),
    "slow_query_log": (None, "dynamic", "boolean"), "time_zone": (None, "dynamic", "string"),
    "tls_version": (None, "static", "string"),
}


def _parameters(call):
    name = call.params["DBClusterParameterGroupName"].lower()
    group = call.backend().db_cluster_parameter_groups.get(name)
    if group is None:
        raise AwsError("DBParameterGroupNotFound", f"DBClusterParameterGroup not found: {name}", 404)
    return group.parameters


@mend("rds", "DescribeDBClusterParameters")
def describe_parameters(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterParameters.html: all of the engine's, each
    with its source; one that was set to the default is the system's. The filter parameter-name wants some by name."""
    changed, listed = _parameters(call), []
    named = [value for wanted in call.params.get("Filters") or [] for value in wanted["Values"]]
    for name, (default, kind, data) in sorted(PARAMETERS.items()):
        value = changed.get(name, {}).get("ParameterValue", default)
        source = "user" if value != default else "system" if name in changed else "engine-default"
        entry = {"ParameterName": name, "ApplyType": kind, "DataType": data, "IsModifiable": True, "Source": source,
                 "ApplyMethod": changed.get(name, {}).get("ApplyMethod", "pending-reboot")}
        if value is not None:
            entry["ParameterValue"] = value
        if call.params.get("Source", source) == source and (name in named or not call.params.get("Filters")):
            listed.append(entry)
    return {"Parameters": listed}


@mend("rds", "ModifyDBClusterParameterGroup", "ResetDBClusterParameterGroup")
def change_parameters(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBClusterParameterGroup.html: at most 20 in a call;
    static ones only with pending-reboot."""
    changed, wanted = _parameters(call), call.params.get("Parameters") or []
    if len(wanted) > 20:
        raise AwsError("InvalidParameterValue", "A maximum of 20 parameters can be modified in a single request.")
    for p in wanted:
        name = p.get("ParameterName")
        if name not in PARAMETERS:
            raise AwsError("InvalidParameterValue", f"Could not find parameter with name: {name}")
        if PARAMETERS[name][1] == "static" and p.get("ApplyMethod") == "immediate":
            raise AwsError("InvalidParameterCombination", f"cannot use immediate apply method for static parameter {name}")
    if call.params.get("ResetAllParameters"):
        changed.clear()
    for p in wanted:
        if call.operation.startswith("Reset"):
            changed.pop(p["ParameterName"], None)
        else:
            changed[p["ParameterName"]] = p
    return {"DBClusterParameterGroupName": call.params["DBClusterParameterGroupName"]}


@mend("rds", "DeleteDBClusterParameterGroup")
def delete_parameter_group(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBClusterParameterGroup.html: not while in use."""
    name = call.params["DBClusterParameterGroupName"].lower()
    if any(c.db_cluster_parameter_group == name for c in call.backend().clusters.values()):
        raise AwsError("InvalidDBParameterGroupState", f"One or more database instances are still members of this parameter group {name}, so the group cannot be deleted")
    return None


@mend("rds", "DescribeDBInstances")
def promotion_tiers(call):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html: an Aurora instance has its promotion tier."""
    answer, backend = call.next(), call.backend()
    for i in answer.get("DBInstances", []):
        model = backend.databases.get(i["DBInstanceIdentifier"])
        if model is not None and hasattr(model, "promotion_tier"):
            i["PromotionTier"] = model.promotion_tier
    return answer
