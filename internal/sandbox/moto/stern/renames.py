"""Names that RDS gives take their time: for a moment the old one is told."""

import time

from gateway.errors import AwsError

from .account import behaviour

# That the old name is told, as available, is what users see: github.com/boto/boto3/issues/609.
RENAME = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html"
MOMENT = 10

# What is renamed: its filter, and the codes of the errors about it.
KINDS = {
    "DBClusterIdentifier": {"filter": "db-cluster-id", "missing": "DBClusterNotFoundFault",
                            "busy": "InvalidDBClusterStateFault", "taken": "DBClusterAlreadyExistsFault"},
    "DBInstanceIdentifier": {"filter": "db-instance-id", "missing": "DBInstanceNotFound",
                             "busy": "InvalidDBInstanceState", "taken": "DBInstanceAlreadyExists"},
}


def _missing(member, name):
    return AwsError(KINDS[member]["missing"], f"{member.removesuffix('Identifier')} {name} not found.", 404)


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
        raise _missing(member, given)
    if given in pending.values():
        raise AwsError(KINDS[member]["busy"], f"{given} is being renamed.")
    if new and new.lower() in pending.values():
        raise AwsError(KINDS[member]["taken"], f"{new} already exists")
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
        raise _missing(own, asked)
    news = {member: {old: new for new, old in pending.items()} for member, pending in names.items()}
    if asked in news[own]:
        call.params[own] = news[own][asked]
    for member, kind in KINDS.items():
        for each in call.params.get("Filters", []):
            if each["Name"] == kind["filter"]:
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
