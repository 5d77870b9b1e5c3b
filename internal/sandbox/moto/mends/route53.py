"""Route 53: caller references, lists that start somewhere, and record sets as Route 53 keeps and refuses them."""

import re

from gateway.errors import AwsError
from gateway.registry import mend

_PLAIN = re.compile(r"[a-z0-9_\-.]")


def _dns(name):
    """DomainNameFormat.html: lower case, a dot at the end, other characters as octal codes."""
    name = name.replace("\\052", "*").lower().rstrip(".") + "."
    return "".join(c if _PLAIN.match(c) else f"\\{ord(c):03o}" for c in name)


def _order(name):
    """Lists are sorted by the labels, the last one first."""
    return list(reversed(_dns(name).rstrip(".").split(".")))


def _zone(call, member="HostedZoneId"):
    key = call.params[member].removeprefix("/hostedzone/")
    zone = call.backend().zones.get(key)
    if zone is None:
        raise AwsError("NoSuchHostedZone", f"No hosted zone found with ID: {key}", 404)
    return zone


def _sets(call, zone):
    """The record sets of a zone, by name, type and identifier; the two every zone has are there from the start."""
    zones = call.store("records")
    if zone.resource_id not in zones:
        sets = zones[zone.resource_id] = {}
        for made in zone.rrsets:
            sets[_dns(made.name), made.type, None] = {
                "Name": _dns(made.name), "Type": made.type, "TTL": int(made.ttl or 172800),
                "ResourceRecords": [{"Value": r["Value"] if isinstance(r, dict) else r} for r in made.records]}
    return zones[zone.resource_id]


def _described(zone, sets):
    return {"Id": zone.id, "Name": _dns(zone.name), "CallerReference": zone.caller_reference,
            "Config": {"Comment": zone.comment or "", "PrivateZone": bool(zone.private_zone)},
            "ResourceRecordSetCount": len(sets)}


@mend("route53", "CreateHostedZone")
def create_zone(call):
    """API_CreateHostedZone.html: a caller reference is taken once and for all."""
    used, reference = call.store("references"), call.params["CallerReference"]
    if reference in used:
        raise AwsError("HostedZoneAlreadyExists", f"A hosted zone has already been created with the specified caller "
                       f"reference: {reference}", 409)
    call.params["Name"] = _dns(call.params["Name"])
    answer = call.next()
    used[reference] = answer["HostedZone"]["Id"]
    return answer


@mend("route53", "ListHostedZonesByName")
def zones_by_name(call):
    """API_ListHostedZonesByName.html: from a name on, a hundred at most."""
    zones = sorted(call.backend().zones.values(), key=lambda z: (_order(z.name), z.resource_id))
    start, start_id = call.params.get("DNSName"), call.params.get("HostedZoneId", "")
    if start:
        zones = [z for z in zones if (_order(z.name), z.resource_id) >= (_order(start), start_id)]
    most = int(call.params.get("MaxItems", 100))
    answer = {"HostedZones": [_described(z, _sets(call, z)) for z in zones[:most]], "MaxItems": str(most),
              "IsTruncated": len(zones) > most}
    if start:
        answer["DNSName"] = start
    if len(zones) > most:
        answer |= {"NextDNSName": _dns(zones[most].name), "NextHostedZoneId": zones[most].resource_id}
    return answer


@mend("route53", "ListTagsForResource", "ListTagsForResources", "ChangeTagsForResource")
def tags_of_zones(call):
    """API_ListTagsForResources.html: each zone must be there, and a zone takes its tags along."""
    ids = call.params.get("ResourceIds") or [call.params["ResourceId"]]
    for key in ids if call.params["ResourceType"] == "hostedzone" else []:
        if key not in call.backend().zones:
            raise AwsError("NoSuchHostedZone", f"No hosted zone found with ID: {key}", 404)


@mend("route53", "ListResourceRecordSets")
def list_sets(call):
    """API_ListResourceRecordSets.html: by name, then type, 300 at most; names in their canonical form."""
    zone, p = _zone(call), call.params
    if "StartRecordType" in p and "StartRecordName" not in p:
        raise AwsError("InvalidInput", "StartRecordType requires StartRecordName")
    key = lambda s: (_order(s["Name"]), s["Type"], s.get("SetIdentifier", ""))  # noqa: E731
    sets = sorted(_sets(call, zone).values(), key=key)
    if "StartRecordName" in p:
        start = (_order(p["StartRecordName"]), p.get("StartRecordType", ""), p.get("StartRecordIdentifier", ""))
        sets = [s for s in sets if key(s) >= start]
    most = min(300, int(p.get("MaxItems", 300)))
    answer = {"ResourceRecordSets": sets[:most], "IsTruncated": len(sets) > most, "MaxItems": str(most)}
    if len(sets) > most:
        answer |= {"NextRecordName": sets[most]["Name"], "NextRecordType": sets[most]["Type"]}
        if "SetIdentifier" in sets[most]:
            answer["NextRecordIdentifier"] = sets[most]["SetIdentifier"]
    return answer


def _refused(change, zone, sets):
    """Why one change cannot be made to the sets, or None."""
    record, action = change["ResourceRecordSet"], change["Action"]
    name, kind = _dns(record["Name"]), record["Type"]
    key, apex = (name, kind, record.get("SetIdentifier")), _dns(zone.name)
    alias, plain = "AliasTarget" in record, "TTL" in record and bool(record.get("ResourceRecords"))
    which = f"[Action={action}, Name={name}, Type={kind}, SetIdentifier={record.get('SetIdentifier', 'null')}]"
    if alias == plain or alias and "TTL" in record:
        return ("Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
                f"TrafficPolicyInstanceId], but found none or more than one in Change with {which}")
    if name != apex and not name.endswith("." + apex):
        return f"RRSet with DNS name {name} is not permitted in zone {apex}"
    if action == "DELETE":
        if key not in sets:
            return f"Tried to delete resource record set [name='{name}', type='{kind}'] but it was not found"
        if _canonical(record) != _canonical(sets[key]):
            return (f"Tried to delete resource record set [name='{name}', type='{kind}'] but the values provided do not "
                    "match the current values")
        if name == apex and kind in ("NS", "SOA"):
            return f"A HostedZone must contain exactly one {kind} record for the zone itself."
        return None
    if action == "CREATE" and key in sets:
        return f"Tried to create resource record set [name='{name}', type='{kind}'] but it already exists"
    others = {k[1] for k in sets if k[0] == name and k[1] != kind}
    if kind == "CNAME" and name == apex:
        return f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {apex}"
    if others and (kind == "CNAME" or "CNAME" in others):
        return f"RRSet of type {kind} with DNS name {name} is not permitted as it conflicts with other records with the same DNS name in zone {apex}"
    return None


def _canonical(record):
    values = sorted(r["Value"].rstrip(".") for r in record.get("ResourceRecords", []))
    target = record.get("AliasTarget")
    if target:
        target = (target["HostedZoneId"], _dns(target["DNSName"]), target["EvaluateTargetHealth"])
    return record.get("TTL"), values, target


def _kept(record):
    kept = record | {"Name": _dns(record["Name"])}
    if "AliasTarget" in record:
        kept["AliasTarget"] = record["AliasTarget"] | {"DNSName": _dns(record["AliasTarget"]["DNSName"])}
    return kept


@mend("route53", "ChangeResourceRecordSets")
def change_sets(call):
    """API_ChangeResourceRecordSets.html: all of a batch or nothing; a set is named once in it."""
    zone, changes = _zone(call), call.params["ChangeBatch"]["Changes"]
    now = _sets(call, zone)
    after, seen, problems = dict(now), set(), []
    for change in changes:
        record = change["ResourceRecordSet"]
        key = _dns(record["Name"]), record["Type"], record.get("SetIdentifier")
        once = (key, change["Action"] == "DELETE")
        if once in seen:
            problems.append(f"The request contains an invalid set of changes for a resource record set '{key[1]} {key[0]}'")
            continue
        seen.add(once)
        if why := _refused(change, zone, after):
            problems.append(why)
        elif change["Action"] == "DELETE":
            after.pop(key)
        else:
            after[key] = _kept(record)
    if problems:
        raise AwsError("InvalidChangeBatch", "[" + ", ".join(problems) + "]")
    now.clear()
    now |= after
    return {"ChangeInfo": {"Id": "/change/C2682N5HXP0BZ4", "Status": "INSYNC", "SubmittedAt": "2025-01-01T00:00:00Z"}}


@mend("route53", "GetHostedZone", "ListHostedZones")
def counted(call):
    """API_HostedZone.html: how many record sets it has."""
    answer = call.next()
    for described in answer.get("HostedZones", [answer.get("HostedZone")]):
        zone = call.backend().zones[described["Id"].removeprefix("/hostedzone/")]
        described["ResourceRecordSetCount"] = len(_sets(call, zone))
    return answer


@mend("route53", "DeleteHostedZone")
def delete_zone(call):
    """API_DeleteHostedZone.html: only with no more than its own NS and SOA."""
    zone = _zone(call, "Id")
    own = {(_dns(zone.name), "NS", None), (_dns(zone.name), "SOA", None)}
    if set(_sets(call, zone)) - own:
        raise AwsError("HostedZoneNotEmpty", "The specified hosted zone contains non-required resource record sets and so "
                       "cannot be deleted.")
    answer = call.next()
    call.store("records").pop(zone.resource_id, None)
    return answer
