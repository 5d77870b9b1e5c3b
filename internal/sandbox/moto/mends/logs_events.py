"""CloudWatch Logs: events are found by terms, in the order of time, over all streams of a group."""

import re

from gateway.errors import AwsError
from gateway.registry import mend

PAGE = 10000
TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_]+))(?=\s|$)')


def refuse(message):
    raise AwsError("InvalidParameterException", message)


@mend("logs", "FilterLogEvents")
def filter_events(call):
    """API_FilterLogEvents.html: sorted by time, both ends included; a prefix or names of streams, not both."""
    p, group = call.params, call.backend().groups.get(call.params.get("logGroupName"))
    if group is None:
        return None
    if "logStreamNames" in p and "logStreamNamePrefix" in p:
        refuse("LogStreamNamePrefix and LogStreamNames cannot both be specified.")
    if p.get("startTime", 0) > p.get("endTime", 1 << 62):
        refuse("End time must not be before start time.")
    for name in p.get("logStreamNames", []):
        if name not in group.streams:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    wanted, found = matcher(p.get("filterPattern", "")), []
    for name, stream in list(group.streams.items()):
        if name in p.get("logStreamNames", [name]) and name.startswith(p.get("logStreamNamePrefix", "")):
            found += [event.to_filter_dict() | {"logStreamName": name} for event in list(stream.events)
                      if p.get("startTime", 0) <= event.timestamp <= p.get("endTime", 1 << 62) and wanted(event.message)]
    found.sort(key=lambda event: (event["timestamp"], int(event["eventId"])))
    start = int(p.get("nextToken") or 0)
    end = start + p.get("limit", PAGE)
    answer = {"events": found[start:end], "searchedLogStreams": []}
    return answer | ({"nextToken": str(end)} if end < len(found) else {})


def matcher(pattern):
    """FilterAndPatternSyntax.html, unstructured events: all terms, one of those with ?, none of those with -; what is no
    letter, digit or underscore must be in quotes. JSON, columns and regular expressions are not done here."""
    terms, place = [], 0
    while pattern[place:].strip():
        term = TERM.match(pattern, place)
        if term is None:
            refuse("Invalid filter pattern")
        terms.append((term[1], re.sub(r"\\(.)", r"\1", term[2]) if term[2] is not None else term[3]))
        place = term.end()
    every, some, none = ([text for mark, text in terms if mark == wanted] for wanted in ("", "?", "-"))
    return lambda message: all(t in message for t in every) and not any(t in message for t in none) and \
        (bool(every) or not some or any(t in message for t in some))
