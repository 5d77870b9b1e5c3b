"""What CloudTrail keeps: who changed what when, of the calls that the sandbox has answered."""

import collections
import time
import uuid

READS = ("Describe", "Get", "List", "Head", "BatchGet", "BatchCheck", "Lookup", "Select", "Filter", "Simulate", "Decode")
DATA = {  # data events, which a trail has to be made for: logging-data-events-with-cloudtrail.html
    "s3": ("PutObject", "DeleteObject", "DeleteObjects", "CopyObject", "CreateMultipartUpload", "UploadPart",
           "CompleteMultipartUpload", "AbortMultipartUpload"),
    "logs": ("PutLogEvents",), "cloudwatch": ("PutMetricData",), "sns": ("Publish",), "sqs": ("SendMessage",),
}
LONGEST = 2000


def note(call):
    """Keeps a call that has changed something."""
    if call.operation.startswith(READS) or call.operation in DATA.get(call.service, ()):
        return
    events = call.store("events", "cloudtrail").setdefault("all", collections.deque(maxlen=LONGEST))
    events.append({"id": str(uuid.uuid4()), "name": call.operation, "source": f"{call.service}.amazonaws.com",
                   "time": time.time(), "user": who(call), "key": call.request.access_key(),
                   "resources": sorted(set(_names(call.params)))})


def who(call):
    """The name of whoever signed a call."""
    key = call.request.access_key()
    held = call.backend("iam").access_keys.get(key)
    return getattr(held, "user_name", None) or "root"


def _names(params):
    for member, value in params.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and member.lower().rstrip("s").endswith(
                    ("id", "name", "arn", "identifier", "resource", "bucket")):
                yield each
            elif isinstance(each, dict):
                yield from _names(each)
