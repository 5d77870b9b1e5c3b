"""CloudWatch Logs: what is found, and in which order."""

import time

import pytest
from botocore.exceptions import ClientError

HOUR = 3600 * 1000
START = int(time.time() * 1000) - HOUR


@pytest.fixture
def group(aws):
    logs = aws.logs
    logs.create_log_group(logGroupName="/g")
    for stream, events in {"b/1": [(3000, "ERROR late"), (1000, 'GET "/x" 500')], "a": [(2000, "info ERROR timeout")]}.items():
        logs.create_log_stream(logGroupName="/g", logStreamName=stream)
        for at, text in events:
            logs.put_log_events(logGroupName="/g", logStreamName=stream, logEvents=[{"timestamp": START + at, "message": text}])
    return lambda **more: logs.filter_log_events(logGroupName="/g", **more)


def times(answer):
    return [e["timestamp"] - START for e in answer["events"]]


def texts(answer):
    return [e["message"] for e in answer["events"]]


def test_order_and_ends(group):
    assert times(group(startTime=0)) == [1000, 2000, 3000]
    assert times(group(startTime=START + 1000, endTime=START + 2000)) == [1000, 2000]
    assert [e["logStreamName"] for e in group(startTime=0, logStreamNamePrefix="b/")["events"]] == ["b/1", "b/1"]


def test_pages(group):
    first = group(startTime=0, limit=2)
    assert len(first["events"]) == 2
    rest = group(startTime=0, limit=2, nextToken=first["nextToken"])
    assert len(rest["events"]) == 1 and "nextToken" not in rest


@pytest.mark.parametrize("pattern,count", [
    ("", 3), ("ERROR", 2), ("error", 0), ("ERROR timeout", 1), ("ERROR -timeout", 1), ("?late ?timeout", 2),
    ('"GET "', 1), ('"\\"/x\\" 500"', 1), ('"info ERROR"', 1), ('"ERROR info"', 0)])
def test_terms(group, pattern, count):
    assert len(texts(group(startTime=0, filterPattern=pattern))) == count


@pytest.mark.parametrize("wrong", [
    {"filterPattern": "a/b"}, {"filterPattern": '"open'}, {"startTime": 5, "endTime": 4},
    {"logStreamNames": ["a"], "logStreamNamePrefix": "a"}])
def test_refusals(group, wrong):
    with pytest.raises(ClientError) as refused:
        group(**{"startTime": 0} | wrong)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


def test_no_stream(group):
    with pytest.raises(ClientError) as refused:
        group(startTime=0, logStreamNames=["none"])
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
