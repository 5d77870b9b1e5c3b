"""One request: what it speaks to, who asks, in which protocol, with which parameters."""

import gzip
import io
import time
from urllib.parse import parse_qsl, unquote

from . import models, reader

JSON_TYPES = ("application/x-amz-json-1.0", "application/x-amz-json-1.1")


class Request:
    """A request as it came, and what the API model makes of it."""

    def __init__(self, environ):
        self.environ, self.arrived = environ, time.monotonic()
        self.method = environ["REQUEST_METHOD"]
        self.path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        self.query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        self.headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        self.headers["content-type"] = environ.get("CONTENT_TYPE", "")
        self.body = _body(environ, self.headers)
        self.scope = _scope(self.headers, self.query)
        self.region = self.scope[2] if self.scope else "us-east-1"
        self.service = self.operation = self.protocol = None
        self.params, self.unknown = {}, []
        self._identify()

    def _identify(self):
        signing = self.scope[3] if self.scope else self._unsigned()
        service = models.SERVICES.get(signing)
        if service is None:
            return
        content = self.headers["content-type"].split(";")[0]
        self.form = {}
        if content == "application/x-www-form-urlencoded" and service != "s3":
            self.form = dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        if "Action" in self.query and "Action" not in self.form:
            self.form = self.query | self.form
        service = models.OTHER_VERSIONS.get((service, self.form.get("Version")), service)
        if service == "s3" and (self.path.startswith("/v20180820/") or "s3-control" in self.headers.get("host", "")):
            return
        model = models.service_model(service)
        self.service = service
        name = self._operation_name(model)
        if name and name in model.operation_names:
            self.operation = model.operation_model(name)
        else:
            self.unknown_operation = name

    def _unsigned(self):
        if self.headers.get("x-amz-target"):
            return None
        form = self.body[:4096].decode("utf-8", "replace") if "urlencoded" in self.headers["content-type"] else ""
        return "sts" if "Action=AssumeRoleWith" in form else None

    def _operation_name(self, model):
        self.url_params = {}
        if self.headers.get("smithy-protocol") == "rpc-v2-cbor":
            self.protocol = "cbor"
            return self.path.rsplit("/", 1)[-1]
        if self.headers.get("x-amz-target"):
            self.protocol = "json"
            return self.headers["x-amz-target"].split(".")[-1]
        if self.form.get("Action"):
            self.protocol = "ec2" if model.protocol == "ec2" else "query"
            return self.form["Action"]
        self.protocol = model.protocol
        if not model.protocol.startswith("rest"):
            return None
        path = self.path
        host = self.headers.get("host", "").split(":")[0]
        if self.service == "s3" and host.endswith(".localhost"):
            path = "/" + host[:-len(".localhost")] + path
        name, self.url_params = models.rest_operation(self.service, self.method, path, self.query, self.headers)
        return name

    def read(self):
        """Fills params and unknown from the request."""
        if self.protocol in ("query", "ec2"):
            self.params, self.unknown = reader.read_form(self.operation, self.form, self.protocol == "ec2")
        elif self.protocol == "json":
            self.params, self.unknown = reader.read_json(self.operation, self.body)
        elif self.protocol == "cbor":
            self.params, self.unknown = reader.read_cbor(self.operation, self.body)
        else:
            self.params, self.unknown = reader.read_rest(self.operation, self.protocol, self.method, self.path,
                                                         self.query, self.headers, self.body, self.url_params)

    def access_key(self):
        """The key the request is signed with."""
        return self.scope[0] if self.scope else "AKIAEXAMPLE"


def _body(environ, headers):
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    if length:
        body = stream.read(int(length))
    elif environ.get("wsgi.input_terminated") or headers.get("transfer-encoding") == "chunked":
        body = stream.read()
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    else:
        body = b""
    if headers.get("content-encoding") == "gzip" and not environ.get("PATH_INFO", "").startswith("/moto-api"):
        if environ.get("CONTENT_TYPE", "").startswith("application/"):
            body = gzip.decompress(body)
            environ.pop("HTTP_CONTENT_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _scope(headers, query):
    """[key, date, region, service, aws4_request] of the signature, or None."""
    auth = headers.get("authorization", "")
    text = auth.partition("Credential=")[2].split(",")[0].strip() if "Credential=" in auth else \
        unquote(query.get("X-Amz-Credential", ""))
    parts = text.split("/")
    return parts if len(parts) == 5 else None
