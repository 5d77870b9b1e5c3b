"""Names that RDS gives take their time: for a moment the old one is told."""

import time

from gateway.errors import AwsError

from .account import behaviour

# That the old name is told, as available, is what users see: github.com/boto/boto3/issues/609.
RENAME = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html"
MOMENT = 10

KINDS = {"DBClusterIdentifier": ("DBClusterNotFoundFault", "DBCluster {} not found.", "db-cluster-id"),
         "DBInstanceIdentifier": ("DBInstanceNotFound", "DBInstance {} not found.", "db-instance-id")}


def _pending(held, member):
    """New names that are not told yet, with the old ones."""
    return {new: old for new, (old, until) in held.of("renames " + member).items() if time.monotonic() < until}


def _told(shown, member, old):
    """Shows an object by its old name."""
    arn = member.replace("Identifier", "Arn")
    for key in (member, arn):
        if key in shown:
            shown[key] = old if key == member else shown[key].rpartition(":")[0] + ":" + old


@behaviour(RENAME, "rds", "ModifyDBCluster", "ModifyDBInstance")
def renames(call, held):
    """What is asked for is under way: it is known by its old name for a moment, and not changed meanwhile."""
    member = call.operation.removeprefix("Modify") + "Identifier"
    given, new = call.params[member].lower(), call.params.get("New" + member)
    pending = _pending(held, member)
    if given in pending:
        raise AwsError(KINDS[member][0], KINDS[member][1].format(given), 404)
    if given in pending.values():
        raise AwsError("InvalidDBClusterStateFault" if "Cluster" in member else "InvalidDBInstanceState",
                       f"{given} is being renamed.")
    if new and new.lower() in pending.values():
        raise AwsError("DBClusterAlreadyExistsFault" if "Cluster" in member else "DBInstanceAlreadyExists",
                       f"{new} already exists")
    answer = call.next()
    if new and held.slow:
        held.of("renames " + member)[new.lower()] = given, time.monotonic() + held.real(MOMENT)
    return answer


@behaviour(RENAME, "rds", "DescribeDBClusters", "DescribeDBInstances")
def told(call, held):
    """A new name is told, and found, after a moment only."""
    own = call.operation.removeprefix("Describe").removesuffix("s") + "Identifier"
    names = {member: _pending(held, member) for member in KINDS}
    if not any(names.values()):
        return None
    asked = call.params.get(own, "").lower()
    if asked in names[own]:
        raise AwsError(KINDS[own][0], KINDS[own][1].format(asked), 404)
    news = {member: {old: new for new, old in pending.items()} for member, pending in names.items()}
    if asked in news[own]:
        call.params[own] = news[own][asked]
    for member, (_, _, name) in KINDS.items():
        for each in call.params.get("Filters", []):
            if each["Name"] == name:
                each["Values"] = [news[member].get(v, v) for v in each["Values"]]
    answer = call.next()
    for shown in answer[own.removesuffix("Identifier") + "s"]:
        for inner in [shown, *shown.get("DBClusterMembers", [])]:
            for member, pending in names.items():
                if inner.get(member) in pending:
                    _told(inner, member, pending[inner[member]])
    return answer


@behaviour(RENAME, "rds", "AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")
def tagged(call, held):
    """The ARN has the name in it, and is that of the old one as long as it is told."""
    head, _, name = call.params["ResourceName"].rpartition(":")
    member = "DBClusterIdentifier" if head.endswith(":cluster") else "DBInstanceIdentifier"
    for new, old in _pending(held, member).items():
        if name == old:
            call.params["ResourceName"] = head + ":" + new
