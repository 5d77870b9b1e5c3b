"""RDS: instances of Aurora clusters, changes that wait for the maintenance window, and subnet groups."""

import re

from gateway.errors import AwsError
from gateway.registry import mend

# AuroraUserGuide Concepts.DBInstanceClass.SupportAurora.html: what Aurora MySQL 3 runs on.
CLASSES = re.compile(r"db\.(serverless|(t3|t4g)\.(medium|large)|(r5|r6g|r6i|r7g|r7i|r8g|x2g)\.\w+)")
WAITING = ("DBInstanceClass", "EngineVersion", "CACertificateIdentifier")


@mend("rds", "CreateDBInstance")
def create_instance(call):
    """API_CreateDBInstance.html: the identifier is new, the cluster is there, the class fits; what Aurora leaves to the
    cluster is not given."""
    p, backend = call.params, call.backend()
    name, cluster = p["DBInstanceIdentifier"].lower(), p.get("DBClusterIdentifier")
    if name in backend.databases:
        raise AwsError("DBInstanceAlreadyExists", "DB instance already exists")
    if p["Engine"].startswith("aurora"):
        if not cluster:
            raise AwsError("InvalidParameterCombination", "Aurora DB instances must be members of a cluster.")
        if cluster.lower() not in backend.clusters:
            raise AwsError("DBClusterNotFoundFault", f"DBCluster {cluster} not found.", 404)
        held = backend.clusters[cluster.lower()]
        if not CLASSES.fullmatch(p.get("DBInstanceClass", "")) and held.engine_version.startswith("8."):
            raise AwsError("InvalidParameterCombination", "RDS does not support creating a DB instance with the following "
                           f"combination: DBInstanceClass={p.get('DBInstanceClass')}, Engine={p['Engine']}, "
                           f"EngineVersion={held.engine_version}, LicenseModel=general-public-license. For supported "
                           "combinations of instance class and database engine version, see the documentation.")
        for field in ("MasterUsername", "MasterUserPassword", "AllocatedStorage", "BackupRetentionPeriod",
                      "DeletionProtection"):
            if field in p:
                raise AwsError("InvalidParameterCombination", f"The requested DB Instance will be a member of a DB Cluster. "
                               f"Set {field} for the DB Cluster.")
    p.setdefault("AutoMinorVersionUpgrade", True)
    given = dict(p)
    answer = call.next()
    backend.databases[name]._mend = {"PromotionTier": given.get("PromotionTier", 1), "PubliclyAccessible":
                                     given.get("PubliclyAccessible", False)}
    return answer


@mend("rds", "ModifyDBInstance")
def modify_instance(call):
    """API_ModifyDBInstance.html: without ApplyImmediately what interrupts waits for the maintenance window."""
    p, backend = call.params, call.backend()
    name = p["DBInstanceIdentifier"].lower()
    if name not in backend.databases:
        raise AwsError("DBInstanceNotFound", f"DBInstance {p['DBInstanceIdentifier']} not found.", 404)
    held = backend.databases[name].__dict__.setdefault("_mend", {})
    pending = held.setdefault("PendingModifiedValues", {})
    kind = p.get("DBInstanceClass")
    if kind and not CLASSES.fullmatch(kind) and backend.databases[name].engine.startswith("aurora"):
        raise AwsError("InvalidParameterCombination", f"RDS does not support the class {kind} for this engine.")
    if p.pop("ApplyImmediately", False):
        p.update({k: v for k, v in pending.items() if k not in p})
        pending.clear()
    else:
        pending.update({k: p.pop(k) for k in WAITING if k in p and k != "CACertificateIdentifier"})
    held.update({k: p[k] for k in ("PromotionTier", "PubliclyAccessible") if k in p})
    if not set(p) - {"DBInstanceIdentifier"}:
        return {"DBInstance": call.ask("DescribeDBInstances", DBInstanceIdentifier=name)["DBInstances"][0]}
    call.params["ApplyImmediately"] = True
    call.next()
    name = p.get("NewDBInstanceIdentifier", name).lower()
    return {"DBInstance": call.ask("DescribeDBInstances", DBInstanceIdentifier=name)["DBInstances"][0]}


@mend("rds", "DescribeDBInstances")
def show_instances(call):
    """API_DBInstance.html: what was given, what waits, and the group of its cluster."""
    answer, backend = call.next(), call.backend()
    for shown in answer["DBInstances"]:
        held = getattr(backend.databases[shown["DBInstanceIdentifier"]], "_mend", {})
        shown |= {"PubliclyAccessible": False, "PendingModifiedValues": {}, **held}
    return answer


@mend("rds", "DescribeDBInstances", "DescribeDBClusters")
def absent(call):
    """API_DescribeDBClusters.html: filters that name what is not there find nothing."""
    p, backend, found = call.params, call.backend(), []
    for each in p.get("Filters", []):
        if each["Name"] == "db-cluster-id":
            each["Values"] = [v for v in each["Values"] if v.split(":")[-1].lower() in backend.clusters]
        elif each["Name"] == "db-instance-id":
            each["Values"] = [v for v in each["Values"] if v.split(":")[-1].lower() in backend.databases]
        found.append(bool(each["Values"]))
    if not all(found):
        return {call.operation.removeprefix("Describe"): []}


@mend("rds", "DeleteDBInstance")
def delete_instance(call):
    """API_DeleteDBInstance.html: no final snapshot of an instance of Aurora."""
    p, backend = call.params, call.backend()
    instance = backend.databases.get(p["DBInstanceIdentifier"].lower())
    if instance is None:
        raise AwsError("DBInstanceNotFound", f"DBInstance {p['DBInstanceIdentifier']} not found.", 404)
    if instance.engine.startswith("aurora"):
        if p.get("FinalDBSnapshotIdentifier"):
            raise AwsError("InvalidParameterCombination", "FinalDBSnapshotIdentifier cannot be specified when deleting a "
                           "cluster instance")
        p["SkipFinalSnapshot"] = True


def _zones(call, wanted):
    zones = set()
    for subnet in wanted:
        held = next((z[subnet] for z in call.backend("ec2").subnets.values() if subnet in z), None)
        if held is None:
            raise AwsError("InvalidSubnet", f"Some input subnets in :[{', '.join(wanted)}] are invalid.")
        zones.add(held.availability_zone)
    if len(zones) < 2:
        raise AwsError("DBSubnetGroupDoesNotCoverEnoughAZs", "The DB subnet group doesn't meet Availability Zone (AZ) "
                       "coverage requirement. Current AZ coverage: " + ", ".join(sorted(zones)) + ". Add subnets to cover "
                       "at least 2 AZs.")


@mend("rds", "CreateDBSubnetGroup")
def create_subnet_group(call):
    """API_CreateDBSubnetGroup.html: a new name, lower case; subnets in two zones."""
    name = call.params["DBSubnetGroupName"] = call.params["DBSubnetGroupName"].lower()
    if name in call.backend().subnet_groups:
        raise AwsError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    _zones(call, call.params["SubnetIds"])


@mend("rds", "ModifyDBSubnetGroup")
def modify_zones(call):
    """API_ModifyDBSubnetGroup.html: subnets in two zones; one that an instance is in stays."""
    _zones(call, call.params["SubnetIds"])


@mend("rds", "CreateDBClusterParameterGroup")
def create_parameter_group(call):
    """API_CreateDBClusterParameterGroup.html: a new name."""
    name = call.params["DBClusterParameterGroupName"].lower()
    if name in call.backend().db_cluster_parameter_groups:
        raise AwsError("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")


@mend("rds", "DescribeOrderableDBInstanceOptions")
def orderable(call):
    """API_DescribeOrderableDBInstanceOptions.html: the classes of Aurora MySQL in every zone."""
    p = call.params
    kinds = ["db.serverless"] + [f"db.{f}.{s}" for f in ("t3", "t4g") for s in ("medium", "large")] + [
        f"db.{f}.{s}" for f in ("r6g", "r7g") for s in ("large", "xlarge", "2xlarge", "4xlarge")]
    zones = [{"Name": z["ZoneName"]} for z in call.ask("DescribeAvailabilityZones", service="ec2")["AvailabilityZones"]]
    return {"OrderableDBInstanceOptions": [
        {"Engine": p["Engine"], "EngineVersion": p.get("EngineVersion", "8.0.mysql_aurora.3.08.2"), "DBInstanceClass": k,
         "LicenseModel": "general-public-license", "AvailabilityZones": zones, "Vpc": True}
        for k in kinds if p.get("DBInstanceClass", k) == k]}
