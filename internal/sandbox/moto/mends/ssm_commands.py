"""Systems Manager: which instances it manages, and commands that run on them. No machine runs in the sandbox: what a
command answers is said by a control (see codedeploy_deployments.control), and else it says nothing and is well."""

import datetime
import os
import subprocess
import tempfile
import time
import uuid

from gateway.errors import AwsError
from gateway.registry import mend

from .codedeploy_around import control

UNSEEN, STARTS, TAKES = 0.05, 0.1, 0.3  # seconds of ours
MOST_OUT, MOST_ERR, MOST_LISTED = 24000, 8000, 2500  # API_GetCommandInvocation.html, API_CommandPlugin.html
ENDED = ("Success", "Failed", "TimedOut", "Cancelled")


def _managed(call):
    """Running instances with a profile, by id: setup-instance-permissions.html."""
    return {i.id: i for r in call.backend("ec2").reservations.values() for i in r.instances
            if i.state == "running" and i.iam_instance_profile}


@mend("ssm", "DescribeInstanceInformation")
def information(call):
    """API_DescribeInstanceInformation.html: the agent is online while the instance runs."""
    wanted = {}
    for f in call.params.get("Filters", []):
        wanted.setdefault(f["Key"], []).extend(f["Values"])
    for f in call.params.get("InstanceInformationFilterList", []):
        wanted.setdefault(f["key"], []).extend(f["valueSet"])
    shown = []
    for key, instance in _managed(call).items():
        tags = {f"tag:{t['key']}": t["value"] for t in instance.get_tags()}
        known = {"InstanceIds": key, "PingStatus": "ConnectionLost" if key in control(call).get("silent", []) else "Online",
                 "ResourceType": "EC2Instance", "PlatformTypes": "Linux"} | tags
        if all(known.get(name) in values for name, values in wanted.items()):
            shown.append({"InstanceId": key, "PingStatus": known["PingStatus"], "PlatformType": "Linux",
                          "LastPingDateTime": _now(), "AgentVersion": "3.3.3050.0", "IsLatestVersion": True,
                          "PlatformName": "Amazon Linux", "PlatformVersion": "2023", "ResourceType": "EC2Instance",
                          "IPAddress": instance.private_ip, "ComputerName": f"ip-{instance.private_ip.replace(chr(46), chr(45))}.ec2.internal"})
    return {"InstanceInformationList": shown}


def _now():
    return datetime.datetime.now(datetime.timezone.utc)


@mend("ssm", "SendCommand")
def send(call):
    """API_SendCommand.html: only to managed instances; a shell script needs its lines."""
    p = call.params
    if p["DocumentName"].startswith("AWS-Run") and not p.get("Parameters", {}).get("commands"):
        raise AwsError("InvalidParameters", "Missing required parameters: commands.")
    if not p["DocumentName"].startswith("AWS-"):
        raise AwsError("InvalidDocument", f"Document {p['DocumentName']} does not exist in your account")
    managed = _managed(call)
    ids = list(p.get("InstanceIds", []))
    for target in p.get("Targets", []):
        ids += [i for i, o in managed.items() if i in target["Values"] or any(
            target["Key"] == f"tag:{t['key']}" and t["value"] in target["Values"] for t in o.get_tags())]
    if not ids or any(i not in managed for i in ids):
        raise AwsError("InvalidInstanceId", f"Instances [{ids}] not in a valid state for account {call.account}")
    key = str(uuid.uuid4())
    command = {"CommandId": key, "DocumentName": p["DocumentName"], "Comment": p.get("Comment", ""),
               "Parameters": p.get("Parameters", {}), "InstanceIds": ids, "RequestedDateTime": _now(),
               "ExpiresAfter": _now() + datetime.timedelta(seconds=p.get("TimeoutSeconds", 3600)),
               "CloudWatchOutputConfig": p.get("CloudWatchOutputConfig") or {}, "TargetCount": len(ids),
               "_begun": time.monotonic(), "_runs": {i: _answer(call, p) for i in ids}, "_cancelled": {}}
    call.store("commands")[key] = command
    return {"Command": _command(call, command)}


def _answer(call, params):
    """What a command will say, and when."""
    script = "\n".join(params.get("Parameters", {}).get("commands", []))
    rule = next((r for r in control(call).get("commands", []) if r.get("match", "") in script), {})
    run = {"output": rule.get("output", ""), "error": rule.get("error", ""), "code": rule.get("code", 0),
           "seconds": rule.get("seconds", 0), "match": rule.get("match"), "said": 0}
    limit = float(params.get("Parameters", {}).get("executionTimeout", ["3600"])[0])
    if rule.get("run"):
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run(["/bin/sh", "-c", script], cwd=directory, capture_output=True, text=True, timeout=120,
                                  env=os.environ | ({"PATH": rule["path"]} if rule.get("path") else {}))
        run |= {"output": done.stdout, "error": done.stderr, "code": done.returncode}
    return run | {"limit": limit}


def _state(call, command, key):
    run, since = command["_runs"][key], time.monotonic() - command["_begun"]
    if key in command["_cancelled"]:
        return "Cancelled"
    if since < STARTS or key in control(call).get("silent", []):
        return "Pending"
    if any(r.get("hold") and r.get("match") == run["match"] for r in control(call).get("commands", [])):
        return "InProgress"
    if since < TAKES + run["seconds"]:
        return "InProgress" if since < run["limit"] else "TimedOut"
    return "Success" if run["code"] == 0 else "Failed"


def _command(call, command):
    states = [_state(call, command, i) for i in command["InstanceIds"]]
    ended = all(s in ENDED for s in states)
    status = next((s for s in ("InProgress", "Pending", "TimedOut", "Failed", "Cancelled") if s in states), "Success")
    return {k: v for k, v in command.items() if not k.startswith("_")} | {
        "Status": status, "StatusDetails": status, "CompletedCount": sum(s in ENDED for s in states) if ended else 0,
        "ErrorCount": sum(s in ("Failed", "TimedOut") for s in states), "Targets": []}


def _find(call, key):
    command = call.store("commands").get(key)
    if command is None:
        raise AwsError("InvalidCommandId", f"The command ID {key} does not exist.")
    return command


@mend("ssm", "GetCommandInvocation")
def invocation(call):
    """API_GetCommandInvocation.html: not there for a moment; output once it has ended, no more than 24,000 characters."""
    command, key = call.store("commands").get(call.params["CommandId"]), call.params["InstanceId"]
    if command is None or key not in command["_runs"] or time.monotonic() - command["_begun"] < UNSEEN:
        raise AwsError("InvocationDoesNotExist", "")
    report(call)
    status, run = _state(call, command, key), command["_runs"][key]
    ended = status in ("Success", "Failed")
    return {"CommandId": command["CommandId"], "InstanceId": key, "Comment": command["Comment"],
            "DocumentName": command["DocumentName"], "PluginName": "aws:runShellScript", "Status": status,
            "StatusDetails": {"TimedOut": "Execution Timed Out"}.get(status, status),
            "ResponseCode": run["code"] if ended else -1, "ExecutionStartDateTime": _text(command["RequestedDateTime"]),
            "ExecutionEndDateTime": _text(_now()) if status in ENDED else "",
            "StandardOutputContent": run["output"][:MOST_OUT] if ended else "",
            "StandardErrorContent": run["error"][:MOST_ERR] if ended else "",
            "CloudWatchOutputConfig": command["CloudWatchOutputConfig"]}


def _text(when):
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@mend("ssm", "ListCommandInvocations")
def invocations(call):
    """API_ListCommandInvocations.html."""
    shown = []
    for command in reversed(list(call.store("commands").values())):
        for key in command["InstanceIds"]:
            if call.params.get("CommandId", command["CommandId"]) != command["CommandId"] or \
                    call.params.get("InstanceId", key) != key:
                continue
            status, run = _state(call, command, key), command["_runs"][key]
            one = {"CommandId": command["CommandId"], "InstanceId": key, "Comment": command["Comment"], "Status": status,
                   "StatusDetails": status, "DocumentName": command["DocumentName"],
                   "RequestedDateTime": command["RequestedDateTime"]}
            if call.params.get("Details"):
                one["CommandPlugins"] = [{"Name": "aws:runShellScript", "Status": status, "StatusDetails": status,
                                          "ResponseCode": run["code"] if status in ("Success", "Failed") else -1,
                                          "Output": run["output"][:MOST_LISTED] if status in ENDED else ""}]
            shown.append(one)
    return {"CommandInvocations": shown[:call.params.get("MaxResults", 50)]}


@mend("ssm", "ListCommands")
def commands(call):
    """API_ListCommands.html: filters InvokedAfter, InvokedBefore, Status, DocumentName; the newest first."""
    filters = {f["key"]: f["value"] for f in call.params.get("Filters", [])}
    shown = []
    for command in reversed(list(call.store("commands").values())):
        one = _command(call, command)
        if call.params.get("CommandId", one["CommandId"]) != one["CommandId"] or \
                call.params.get("InstanceId", one["InstanceIds"][0]) not in one["InstanceIds"] or \
                filters.get("DocumentName", one["DocumentName"]) != one["DocumentName"] or \
                filters.get("Status", one["Status"]) != one["Status"] or \
                _text(one["RequestedDateTime"]) < filters.get("InvokedAfter", "") or \
                _text(one["RequestedDateTime"]) > filters.get("InvokedBefore", "9"):
            continue
        shown.append(one)
    return {"Commands": shown[:call.params.get("MaxResults", 50)]}


@mend("ssm", "CancelCommand")
def cancel(call):
    """API_CancelCommand.html: what has not ended yet is given up."""
    command = _find(call, call.params["CommandId"])
    for key in call.params.get("InstanceIds") or command["InstanceIds"]:
        if key in command["_runs"] and _state(call, command, key) not in ENDED:
            command["_cancelled"][key] = True
    return {}


@mend("logs", "GetLogEvents", "FilterLogEvents", "DescribeLogStreams")
def report(call):
    """sysman-rc-setting-up-cwlogs.html: output goes to COMMAND/INSTANCE/aws-runShellScript/stdout as it comes."""
    for command in call.store("commands", "ssm").values():
        output = command["CloudWatchOutputConfig"]
        if output.get("CloudWatchOutputEnabled"):
            name = output.get("CloudWatchLogGroupName") or f"/aws/ssm/{command['DocumentName']}"
            for key, run in command["_runs"].items():
                _write(call, name, f"{command['CommandId']}/{key}/aws-runShellScript/stdout", command, key, run)


def _write(call, group, stream, command, key, run):
    lines, backend = run["output"].splitlines(), call.backend("logs")
    since, state = time.monotonic() - command["_begun"], _state(call, command, key)
    until = len(lines) if state in ENDED else int(len(lines) * min(1, since / (TAKES + run["seconds"])))
    if until <= run["said"]:
        return
    if group not in backend.groups:
        backend.create_log_group(group, {})
    if stream not in backend.groups[group].streams:
        backend.create_log_stream(group, stream)
    backend.put_log_events(group, stream, [{"timestamp": int(time.time() * 1000), "message": line} for line in
                                           lines[run["said"]:until]])
    run["said"] = until
