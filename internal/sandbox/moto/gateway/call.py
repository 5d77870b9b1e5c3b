"""One call on its way through the mends to moto and back."""

import copy
import io
from urllib.parse import urlencode

from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam import models as iam

from .errors import AwsError
from .models import MOTO_NAMES
from .registry import mends_for
from .writer import Answer


def account_of(access_key):
    """The account a key belongs to. moto's own look at this builds the catalogue of policies for each account."""
    for account, partitions in list(iam.iam_backends.items()):
        if any(access_key in backend.access_keys for backend in list(partitions.values())):
            return account
    return DEFAULT_ACCOUNT_ID


iam.get_account_id_from = account_of


class Call:
    """What a mend works with. `params` are in the model's own names and types; changing them changes what moto sees."""

    def __init__(self, request, moto):
        self.request, self._moto = request, moto
        self.service, self.operation, self.region = request.service, request.operation.name, request.region
        self.params = request.params
        self._sent = copy.deepcopy(self.params)
        self.account = request.headers.get("x-moto-account-id") or account_of(request.access_key())
        self._mends = iter(mends_for(self.service, self.operation))

    @classmethod
    def looking(cls, service, account, region, request):
        """No call of a client's, but a look at an account from outside: it has models and stores, and asks nothing."""
        call = cls.__new__(cls)
        call.service, call.account, call.region, call.request = service, account, region, request
        return call

    def backend(self, service=None, region=None):
        """moto's models of a service in this account and region (global services have their own region)."""
        service = service or self.service
        backends = get_backend(MOTO_NAMES.get(service, service))[self.account]
        region = region or self.region
        return backends["aws"] if service in ("iam", "sts", "route53", "s3", "budgets", "ce") else backends[region]

    def store(self, name, service=None):
        """A dict of ours that lives and dies with moto's models of the service in this account and region."""
        return self.backend(service).__dict__.setdefault(f"_mend_{name}", {})

    def answer(self):
        """The answer of the next mend or, after the last one, of moto: a dict or an Answer."""
        for function in self._mends:
            result = function(self)
            if result is not None:
                return result
        return self._forward()

    def next(self):
        """Like answer, but always a dict; an error of moto is raised."""
        result = self.answer()
        return self._parse(result) if isinstance(result, Answer) else result

    def ask(self, operation, service=None, **params):
        """The answer of moto, with all mends, to another operation asked on behalf of the same caller."""
        other = copy.copy(self.request)
        from .models import service_model
        other.service = service or self.service
        model = service_model(other.service)
        other.operation, other.params = model.operation_model(operation), params
        other.protocol = "asked"
        return Call(other, self._moto).next()

    def _forward(self):
        request = self.request
        environ = dict(request.environ)
        if request.protocol in ("cbor", "asked") or self.params != self._sent:
            environ = self._rebuilt(environ)
        else:
            environ["wsgi.input"] = io.BytesIO(request.body)
            environ["CONTENT_LENGTH"] = str(len(request.body))
        return self._moto(environ)

    def _rebuilt(self, environ):
        operation = self.request.operation
        protocol = _wire(operation.service_model)
        built = create_serializer(protocol, include_validation=False).serialize_to_request(self.params, operation)
        body = built["body"]
        if isinstance(body, dict):
            body = urlencode(body)
        body = body.encode() if isinstance(body, str) else body or b""
        for key in [k for k in environ if k in ("HTTP_X_AMZ_TARGET", "HTTP_SMITHY_PROTOCOL", "HTTP_ACCEPT",
                                                "HTTP_CONTENT_ENCODING")]:
            del environ[key]
        for name, value in built["headers"].items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = str(value)
        if protocol == "rest-xml":
            environ["CONTENT_TYPE"] = "application/xml"
        environ |= {"REQUEST_METHOD": built["method"], "PATH_INFO": built["url_path"].partition("?")[0],
                    "RAW_URI": built["url_path"], "REQUEST_URI": built["url_path"],
                    "QUERY_STRING": urlencode(built["query_string"] or {}), "CONTENT_LENGTH": str(len(body)),
                    "wsgi.input": io.BytesIO(body)}
        if protocol.startswith("rest"):
            environ["QUERY_STRING"] = "&".join(
                filter(None, [built["url_path"].partition("?")[2], environ["QUERY_STRING"]]))
        if self.request.service != self.request.scope[3]:
            environ["HTTP_AUTHORIZATION"] = environ["HTTP_AUTHORIZATION"].replace(
                f"/{self.request.scope[3]}/aws4_request", f"/{_signing(operation.service_model)}/aws4_request")
        return environ

    def _parse(self, answer):
        operation = self.request.operation
        protocol = self.request.protocol
        if protocol in ("cbor", "asked"):
            protocol = _wire(operation.service_model)
        parser = create_parser(protocol)
        response = parser.parse({"status_code": answer.status, "body": answer.body,
                                 "headers": {k.lower(): v for k, v in answer.headers.items()}}, operation.output_shape)
        if answer.status >= 300:
            error = response.get("Error", {})
            raise AwsError(error.get("Code") or "InternalFailure", error.get("Message") or "", answer.status)
        response.pop("ResponseMetadata", None)
        return response


def _wire(model):
    """The protocol to speak to moto in: it knows no CBOR."""
    protocols = model.metadata.get("protocols") or [model.protocol]
    return next(p for p in (model.protocol, *protocols) if p != "smithy-rpc-v2-cbor")


def _signing(model):
    return model.metadata.get("signingName") or model.metadata["endpointPrefix"]
