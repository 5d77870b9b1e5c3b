"""The WSGI application: moto with the API model, the mends and AWS's errors around it."""

import collections
import json
import sys
import threading
import traceback

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from stern import account as stern

from . import oci, trail, validate
from .call import Call
from .errors import AwsError
from .reader import Unreadable
from .refusal import refusal
from .request import Request
from .writer import Answer, write_error, write_result

PHRASES = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 400: "Bad Request", 403: "Forbidden",
           404: "Not Found", 409: "Conflict", 412: "Precondition Failed", 500: "Internal Server Error",
           501: "Not Implemented"}


class Gateway:
    """Serves one moto. Calls run one at a time: moto's models are not made for threads."""

    def __init__(self, verbose=False):
        self.dispatcher = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.RLock()
        self.violations = collections.deque(maxlen=10000)
        self.verbose = verbose

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path == "/moto-api/violations":
            answer = self._violations(environ)
        elif path == "/moto-api/stern":
            answer = self._stern(Request(environ))
        elif path == "/moto-api/deploys":
            answer = self._deploys(Request(environ))
        elif oci.speaks(environ):
            with self.lock:
                answer = oci.serve(Request(environ))
        elif path.startswith(("/moto-api", "/latest/")) or path == "/favicon.ico":
            if path == "/moto-api/reset":
                self.violations.clear()
                stern.reset()
            with self.lock:
                answer = self._moto(environ)
        else:
            answer = self._serve(Request(environ))
        start_response(f"{answer.status} {PHRASES.get(answer.status, 'Status')}", list(_headers(answer)))
        return [answer.body]

    def _serve(self, request):
        with self.lock:
            if request.service is None:
                return self._moto(request.environ)
            if request.operation is None:
                if request.service == "s3":
                    return self._moto(request.environ)
                return write_error(request.service, request.protocol, AwsError(
                    "InvalidAction" if request.protocol in ("query", "ec2") else "UnknownOperationException",
                    f"The action {request.unknown_operation} is not valid for this web service."))
            try:
                self._hold_against_model(request)
                call = Call(request, self._moto)
                result = call.answer()
                if not isinstance(result, Answer) or result.status < 300:
                    trail.note(call)
                if not isinstance(result, Answer):
                    result = write_result(request.service, request.protocol, request.operation, result)
                elif request.protocol == "cbor":
                    result = self._as_cbor(request, result)
            except AwsError as error:
                result = write_error(request.service, request.protocol, error)
            except NotImplementedError as error:
                result = write_error(request.service, request.protocol, AwsError(
                    "NotImplemented", f"The sandbox has no {request.service}:{request.operation.name}: {error}", 501))
            except Exception as error:  # a fault of moto or of a mend must reach the client as AWS would say it
                traceback.print_exc(file=sys.stderr)
                result = write_error(request.service, request.protocol, AwsError(
                    "InternalFailure", f"{request.service}:{request.operation.name}: {error!r}", 500))
            if self.verbose:
                print(f"{result.status} {request.service}:{request.operation.name}", file=sys.stderr, flush=True)
            return result

    def _as_cbor(self, request, answer):
        call = Call(request, self._moto)
        return write_result(request.service, "cbor", request.operation, call._parse(answer))

    def _hold_against_model(self, request):
        try:
            request.read()
            found = [("unknown", name, None, "Parameter is not in the API model") for name in request.unknown]
            found += validate.violations(request.service, request.operation, request.params)
        except Unreadable as error:
            found = [("type", error.path, error.value, f"Member must be a {error.kind}")]
        if found:
            kind, path, value, words = found[0]
            for each in found:
                self.violations.append({"service": request.service, "operation": request.operation.name,
                                        "access_key": request.access_key(), "kind": each[0], "member": each[1],
                                        "value": None if each[2] is None else str(each[2])[:200], "message": each[3]})
            raise refusal(request.service, request.protocol, kind, path, value, words, len(found))

    def _violations(self, environ):
        if environ["REQUEST_METHOD"] in ("DELETE", "POST"):
            self.violations.clear()
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(list(self.violations)).encode())

    def _stern(self, request):
        with self.lock:
            status, document = stern.control(request.method, request.query, request.body)
        return Answer(status, {"Content-Type": "application/json"}, json.dumps(document).encode())

    def _deploys(self, request):
        from mends import codedeploy_deployments as deployments

        call = Call.looking("codedeploy", request.query["account"], request.query.get("region", "us-east-1"), request)
        with self.lock:
            status, document = deployments.control(call, request.method, request.body)
        return Answer(status, {"Content-Type": "application/json"}, json.dumps(document).encode())

    def _moto(self, environ):
        """moto's own answer."""
        seen = {}

        def start_response(status, headers, exc_info=None):
            seen["status"], seen["headers"] = int(status.split()[0]), headers

        chunks = self.dispatcher(environ, start_response)
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        return Answer(seen["status"], dict(seen["headers"]), body)


def _headers(answer):
    for name, value in answer.headers.items():
        if name.lower() not in ("content-length", "connection", "server", "date"):
            yield name, str(value)
    length = str(len(answer.body))
    given = {k.lower(): v for k, v in answer.headers.items()}.get("content-length")
    if answer.status != 204:
        yield "Content-Length", given if given and not answer.body else length
