"""The registry that ECR is to Docker and its like: the OCI distribution API over the images of moto's ECR.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md, as far as ECR has it:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html#registry-auth-http
"""

import base64
import binascii
import json
import re

from .call import Call
from .errors import AwsError
from .writer import Answer

NAME = r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"


def speaks(environ):
    """Whether a request is for the registry: it is under /v2/, and not signed as one to a bucket of that name is."""
    path = environ.get("PATH_INFO", "")
    return (path == "/v2" or path.startswith("/v2/")) and "Credential=" not in environ.get("HTTP_AUTHORIZATION", "") \
        and "X-Amz-Credential" not in environ.get("QUERY_STRING", "")


def token(account, region):
    """What GetAuthorizationToken gives out: name and password of basic authentication."""
    return base64.b64encode(b"AWS:" + base64.b64encode(json.dumps({"account": account, "region": region}).encode())).decode()


def _bearer(request):
    """Account and region of a request's token, or None."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(credentials).partition(b":")
        held = json.loads(base64.b64decode(password)) if name == b"AWS" else {}
        return held["account"], held["region"]
    except (binascii.Error, ValueError, KeyError):
        return None


def serve(request):
    """Answers one request."""
    held = _bearer(request)
    if held is None:
        host = request.headers.get("host", "")
        return Answer(401, {"Docker-Distribution-Api-Version": "registry/2.0", "Content-Type": "text/plain; charset=utf-8",
                            "Www-Authenticate": f'Basic realm="http://{host}/",service="ecr.amazonaws.com"'}, b"Not Authorized\n")
    from mends import ecr_registry as registry

    account = request.headers.get("x-moto-account-id") or held[0]
    images = Call.looking("ecr", account, held[1], request)
    for methods, pattern, function in ROUTES:
        found = re.fullmatch(pattern, request.path)
        if found and request.method in methods:
            try:
                answer = function(registry.Repositories(images), request, **found.groupdict())
            except AwsError as error:
                body = {"errors": [{"code": error.code, "message": error.message}]}
                answer = Answer(error.status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body).encode())
            answer.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
            return _bare(answer) if request.method == "HEAD" else answer
    return Answer(404, {"Content-Type": "text/plain"}, b"404 page not found\n")


def _bare(answer):
    """The answer to a HEAD: how long the body is, and no body."""
    answer.headers["Content-Length"] = str(len(answer.body))
    answer.body = b""
    return answer


def _ping(_repositories, _request):
    return Answer(200, {"Content-Type": "application/json"}, b"{}")


def _start(repositories, request, name):
    """Begins an upload, or answers it at once: a blob of another repository is mounted, one that comes along is stored."""
    repository = repositories.find(name)
    mount, digest = request.query.get("mount"), request.query.get("digest")
    if mount and repositories.mount(repository, mount, request.query.get("from")):
        return _stored(name, mount)
    if digest:
        repository.store(digest, request.body)
        return _stored(name, digest)
    return _accepted(name, repository.begin(), 0)


def _accepted(name, upload, length, status=202):
    return Answer(status, {"Location": f"/v2/{name}/blobs/uploads/{upload}", "Range": f"0-{max(length - 1, 0)}",
                           "Docker-Upload-Uuid": upload}, b"")


def _stored(name, digest):
    return Answer(201, {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}, b"")


def _upload(repositories, request, name, upload):
    repository = repositories.find(name)
    if request.method == "DELETE":
        repository.abandon(upload)
        return Answer(204, {}, b"")
    if request.method == "GET":
        return _accepted(name, upload, repository.append(upload, b""), 204)
    start = request.headers.get("content-range", "").split("-")[0]
    length = repository.append(upload, request.body, int(start) if start.isdigit() else None)
    if request.method == "PATCH":
        return _accepted(name, upload, length)
    digest = request.query.get("digest", "")
    repository.finish(upload, digest)
    return _stored(name, digest)


def _blob(repositories, _request, name, digest):
    return Answer(200, {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest},
                  repositories.find(name).blob(digest))


def _manifest(repositories, request, name, reference):
    repository = repositories.find(name)
    if request.method == "PUT":
        digest = repository.push(reference, request.body, request.headers.get("content-type", "").split(";")[0])
        return Answer(201, {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}, b"")
    if request.method == "DELETE":
        raise AwsError("UNSUPPORTED", "The operation is unsupported.", 405)
    image = repository.image(reference)
    return Answer(200, {"Content-Type": image.image_manifest_media_type, "Docker-Content-Digest": image.image_digest},
                  image.image_manifest.encode())


def _tags(repositories, _request, name):
    tags = sorted(tag for image in repositories.find(name).images for tag in image.image_tags)
    return Answer(200, {"Content-Type": "application/json"}, json.dumps({"name": name, "tags": tags}).encode())


ROUTES = (
    (("GET", "HEAD"), r"/v2/?", _ping),
    (("POST",), rf"/v2/{NAME}/blobs/uploads/?", _start),
    (("GET", "PATCH", "PUT", "DELETE"), rf"/v2/{NAME}/blobs/uploads/(?P<upload>[0-9a-f-]+)", _upload),
    (("GET", "HEAD"), rf"/v2/{NAME}/blobs/(?P<digest>[a-z0-9]+:[0-9a-f]+)", _blob),
    (("GET", "HEAD", "PUT", "DELETE"), rf"/v2/{NAME}/manifests/(?P<reference>[A-Za-z0-9_.:-]+)", _manifest),
    (("GET",), rf"/v2/{NAME}/tags/list", _tags),
)
