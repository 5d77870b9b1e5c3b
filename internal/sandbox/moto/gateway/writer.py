"""Writes results and errors in the protocol that the client speaks."""

import json
import uuid
from xml.sax.saxutils import escape

from moto.core.serialize import get_serializer_class

from . import cbor


class Answer:
    """A finished HTTP answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


def write_result(service, protocol, operation, result):
    """The answer that carries a result, a dict in the model's own names."""
    request_id = str(uuid.uuid4())
    if protocol == "cbor":
        return Answer(200, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor",
                            "x-amzn-RequestId": request_id}, cbor.encode(result))
    serializer = get_serializer_class(service, protocol)(operation, value_picker=_pick)
    serializer.context.request_id = request_id
    response = serializer.serialize(result)
    body = response["body"]
    headers = {**response["headers"], "x-amzn-RequestId": request_id}
    return Answer(response["status_code"], headers, body.encode() if isinstance(body, str) else body)


def _pick(context):
    return context.obj.get(context.key) if isinstance(context.obj, dict) else None


def write_error(service, protocol, error):
    """The answer that carries an error."""
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id}
    if protocol == "cbor":
        headers |= {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor",
                    "x-amzn-query-error": f"{error.code};Sender"}
        body = cbor.encode({"__type": error.code, "message": error.message})
    elif protocol in ("json", "rest-json"):
        headers |= {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": error.code}
        document = {"__type": error.code, "message": error.message} | error.fields
        body = json.dumps(document).encode()
    else:
        headers["Content-Type"] = "application/xml" if service == "s3" else "text/xml"
        code, message = escape(error.code), escape(error.message)
        fields = "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in error.fields.items())
        if service == "s3":
            text = f"<Error><Code>{code}</Code><Message>{message}</Message>{fields}<RequestId>{request_id}" \
                   "</RequestId></Error>"
        elif protocol == "ec2":
            text = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>" \
                   f"<RequestID>{request_id}</RequestID></Response>"
        else:
            kind = "Sender" if error.status < 500 else "Receiver"
            text = f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message>" \
                   f"{fields}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        body = ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode()
    return Answer(error.status, headers, body)
