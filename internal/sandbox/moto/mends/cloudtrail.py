"""CloudTrail: the look-up of what was changed lately."""

import json
import time

from gateway.registry import mend
from gateway.trail import READS

ATTRIBUTES = {
    "EventId": lambda e: [e["id"]], "EventName": lambda e: [e["name"]], "EventSource": lambda e: [e["source"]],
    "Username": lambda e: [e["user"]], "ResourceName": lambda e: e["resources"], "AccessKeyId": lambda e: [e["key"]],
    "ReadOnly": lambda e: [str(e["name"].startswith(READS)).lower()], "ResourceType": lambda e: [],
}


@mend("cloudtrail", "LookupEvents")
def look_up(call):
    """API_LookupEvents.html: management events of the last 90 days, the newest first, by one attribute."""
    start = _seconds(call.params.get("StartTime"), 0)
    end = _seconds(call.params.get("EndTime"), time.time() + 1)
    found = [e for e in call.store("events", "cloudtrail").get("all", []) if start <= e["time"] <= end and all(
        wanted["AttributeValue"] in ATTRIBUTES[wanted["AttributeKey"]](e)
        for wanted in call.params.get("LookupAttributes", []))][::-1]
    first = int(call.params.get("NextToken") or 0)
    last = first + call.params.get("MaxResults", 50)
    answer = {"Events": [_event(e) for e in found[first:last]]}
    if last < len(found):
        answer["NextToken"] = str(last)
    return answer


def _seconds(given, default):
    return given.timestamp() if hasattr(given, "timestamp") else float(given if given is not None else default)


def _event(e):
    return {"EventId": e["id"], "EventName": e["name"], "EventSource": e["source"], "EventTime": e["time"],
            "Username": e["user"], "AccessKeyId": e["key"], "ReadOnly": "false",
            "Resources": [{"ResourceName": name} for name in e["resources"]],
            "CloudTrailEvent": json.dumps({"eventName": e["name"], "eventSource": e["source"],
                                           "userIdentity": {"userName": e["user"]}})}
