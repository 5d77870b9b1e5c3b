"""Session Manager: sessions start, resume and end. No machine runs here, so they lead where a test says: the store
"sessions" has its WebSocket under "url", and the sessions by id."""

import uuid

from gateway.errors import AwsError
from gateway.registry import mend

DOCUMENTS = ("AWS-StartSSHSession", "AWS-StartPortForwardingSession", "AWS-StartPortForwardingSessionToRemoteHost",
             "SSM-SessionManagerRunShell")


@mend("ssm", "StartSession")
def start(call):
    """API_StartSession.html: InvalidDocument, TargetNotConnected; the token is good for one connection."""
    store, target = call.store("sessions"), call.params["Target"]
    if call.params.get("DocumentName", DOCUMENTS[-1]) not in DOCUMENTS:
        raise AwsError("InvalidDocument", f"Document with name {call.params['DocumentName']} does not exist.")
    instance = next((i for r in call.backend("ec2").reservations.values() for i in r.instances if i.id == target), None)
    if instance is None or instance.state != "running" or not store.get("url"):
        raise AwsError("TargetNotConnected", f"{target} is not connected.")
    name = f"keyedin-{uuid.uuid4().hex[:17]}"
    store.setdefault("open", {})[name] = {"target": target, "tokens": 1}
    return {"SessionId": name, "StreamUrl": store["url"], "TokenValue": f"{name}#1"}


def of(call):
    try:
        return call.store("sessions").get("open", {})[call.params["SessionId"]]
    except KeyError:
        raise AwsError("DoesNotExistException", f"Session {call.params['SessionId']} does not exist.")


@mend("ssm", "ResumeSession")
def resume(call):
    """API_ResumeSession.html: another token for a session that was disconnected, and not ended."""
    session, name = of(call), call.params["SessionId"]
    session["tokens"] += 1
    return {"SessionId": name, "StreamUrl": call.store("sessions")["url"], "TokenValue": f"{name}#{session['tokens']}"}


@mend("ssm", "TerminateSession")
def terminate(call):
    """API_TerminateSession.html: the connection is closed, and the session cannot be resumed."""
    of(call)
    call.store("sessions").setdefault("ended", []).append(call.store("sessions")["open"].pop(call.params["SessionId"]))
    return {"SessionId": call.params["SessionId"]}
