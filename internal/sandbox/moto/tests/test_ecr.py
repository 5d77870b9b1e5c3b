"""ECR: the registry as Docker speaks to it, and what it makes of the API's answers."""

import base64
import hashlib
import json
import urllib.error
import urllib.request

import pytest

from conftest import refused

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


class Registry:
    """A client of the registry, with the token of an account."""

    def __init__(self, aws):
        data, = aws.ecr.get_authorization_token()["authorizationData"]
        assert data["proxyEndpoint"] == aws.endpoint and base64.b64decode(data["authorizationToken"]).startswith(b"AWS:")
        self.endpoint, self.token = data["proxyEndpoint"], data["authorizationToken"]

    def ask(self, method, path, body=None, **headers):
        """Status, headers and body of an answer."""
        request = urllib.request.Request(path if "://" in path else self.endpoint + path, body, method=method, headers={
            k.replace("_", "-"): v for k, v in headers.items()} | ({"Authorization": "Basic " + self.token} if self.token else {}))
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def refuses(self, code, status, *args, **kwargs):
        """An answer that has to be an error."""
        got, _, body = self.ask(*args, **kwargs)
        assert (got, json.loads(body)["errors"][0]["code"]) == (status, code), body

    def blob(self, name, body):
        """Uploads a layer in two parts."""
        status, headers, _ = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        assert status == 202
        half = len(body) // 2
        status, headers, _ = self.ask("PATCH", headers["Location"], body[:half], Content_Type="application/octet-stream")
        assert (status, headers["Range"]) == (202, f"0-{half - 1}")
        self.refuses("BLOB_UPLOAD_INVALID", 416, "PATCH", headers["Location"], b"x", Content_Range=f"{half + 7}-{half + 7}",
                     Content_Type="application/octet-stream")
        self.refuses("DIGEST_INVALID", 400, "PUT", headers["Location"] + "?digest=sha256:" + "0" * 64, b"")
        assert self.ask("PUT", f"{headers['Location']}?digest={digest(body)}", body[half:])[0] == 201
        return {"mediaType": "application/octet-stream", "digest": digest(body), "size": len(body)}

    def image(self, name, *parts):
        """Uploads the layers of an image and returns its manifest."""
        config, *layers = [self.blob(name, part) for part in parts]
        return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}).encode()

    def push(self, name, reference, manifest, kind=MANIFEST):
        """Pushes an image and returns its digest."""
        status, headers, body = self.ask("PUT", f"/v2/{name}/manifests/{reference}", manifest, Content_Type=kind)
        assert (status, headers["Docker-Content-Digest"]) == (201, digest(manifest)), body
        return digest(manifest)


def digest(body):
    return "sha256:" + hashlib.sha256(body).hexdigest()


@pytest.fixture
def registry(aws):
    aws.ecr.create_repository(repositoryName="team/app", imageTagMutability="IMMUTABLE")
    return Registry(aws)


def test_push_and_pull(aws, registry):
    manifest = registry.image("team/app", b'{"os":"linux"}', b"layer" * 100)
    pushed = registry.push("team/app", "1.0", manifest)
    for reference in ("1.0", pushed):
        status, headers, body = registry.ask("GET", f"/v2/team/app/manifests/{reference}")
        assert (status, headers["Content-Type"], body) == (200, MANIFEST, manifest)
        status, headers, body = registry.ask("HEAD", f"/v2/team/app/manifests/{reference}")
        assert (status, int(headers["Content-Length"]), body) == (200, len(manifest), b"")
    assert registry.ask("GET", f"/v2/team/app/blobs/{digest(b'layer' * 100)}")[2] == b"layer" * 100
    assert json.loads(registry.ask("GET", "/v2/team/app/tags/list")[2]) == {"name": "team/app", "tags": ["1.0"]}
    registry.push("team/app", pushed, manifest)

    found, = aws.ecr.describe_images(repositoryName="team/app")["imageDetails"]
    assert (found["imageDigest"], found["imageTags"], found["imageSizeInBytes"]) == (pushed, ["1.0"], 500)
    assert aws.ecr.list_images(repositoryName="team/app")["imageIds"] == [{"imageDigest": pushed, "imageTag": "1.0"}]
    got = aws.ecr.batch_get_image(repositoryName="team/app", imageIds=[{"imageTag": "1.0"}, {"imageDigest": digest(b"none")}])
    assert got["images"][0]["imageManifest"].encode() == manifest
    assert [f["imageId"] for f in got["failures"]] == [{"imageDigest": digest(b"none")}]
    layer = digest(b"layer" * 100)
    checked = aws.ecr.batch_check_layer_availability(repositoryName="team/app", layerDigests=[layer, digest(b"none")])["layers"]
    assert [each["layerAvailability"] for each in checked] == ["AVAILABLE", "UNAVAILABLE"]
    url = aws.ecr.get_download_url_for_layer(repositoryName="team/app", layerDigest=layer)["downloadUrl"]
    assert registry.ask("GET", url)[2] == b"layer" * 100
    refused("LayersNotFoundException", aws.ecr.get_download_url_for_layer, repositoryName="team/app", layerDigest=digest(b"none"))


def test_refused(aws, registry):
    manifest = registry.image("team/app", b"{}", b"one")
    registry.push("team/app", "1.0", manifest)
    registry.refuses("TAG_INVALID", 400, "PUT", "/v2/team/app/manifests/1.0", registry.image("team/app", b"{}", b"two"), Content_Type=MANIFEST)
    lacking = json.loads(manifest) | {"layers": [{"digest": digest(b"none"), "size": 4, "mediaType": "x"}]}
    registry.refuses("MANIFEST_BLOB_UNKNOWN", 404, "PUT", "/v2/team/app/manifests/2", json.dumps(lacking).encode(), Content_Type=MANIFEST)
    registry.refuses("MANIFEST_INVALID", 400, "PUT", "/v2/team/app/manifests/2", b"{", Content_Type=MANIFEST)
    registry.refuses("MANIFEST_UNKNOWN", 404, "GET", "/v2/team/app/manifests/2")
    registry.refuses("BLOB_UNKNOWN", 404, "GET", f"/v2/team/app/blobs/{digest(b'none')}")
    registry.refuses("NAME_UNKNOWN", 404, "POST", "/v2/team/other/blobs/uploads/")
    registry.token = ""
    status, headers, _ = registry.ask("GET", "/v2/")
    assert status == 401 and headers["Www-Authenticate"].startswith("Basic realm=")


def test_other_account(aws, registry, endpoint):
    """A token is for its account alone."""
    registry.push("team/app", "1.0", registry.image("team/app", b"{}", b"one"))
    data, = aws.ecr.get_authorization_token(registryIds=["210987654321"])["authorizationData"]
    registry.token = data["authorizationToken"]
    registry.refuses("NAME_UNKNOWN", 404, "GET", "/v2/team/app/manifests/1.0")


def test_mount(aws, registry):
    """Layers are shared between repositories once the account says so."""
    aws.ecr.create_repository(repositoryName="team/web")
    layer = registry.blob("team/app", b"shared")["digest"]
    path = f"/v2/team/web/blobs/uploads/?mount={layer}&from=team/app"
    assert registry.ask("POST", path)[0] == 202
    aws.ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    assert registry.ask("POST", path)[0] == 201
    assert registry.ask("GET", f"/v2/team/web/blobs/{layer}")[2] == b"shared"


def test_delete(aws, registry):
    one, two = registry.image("team/app", b"{}", b"one"), registry.image("team/app", b"{}", b"two")
    first, second = registry.push("team/app", "1", one), registry.push("team/app", digest(two), two)
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
        {"digest": second, "size": len(two), "mediaType": MANIFEST, "platform": {"os": "linux", "architecture": "amd64"}}]}).encode()
    listed = registry.push("team/app", "2", index, INDEX)
    untagged = aws.ecr.list_images(repositoryName="team/app", filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert untagged == [{"imageDigest": second}]

    def remove(**image):
        return aws.ecr.batch_delete_image(repositoryName="team/app", imageIds=[image])
    assert remove(imageDigest=second)["failures"][0]["failureCode"] == "ImageReferencedByManifestList"
    assert remove(imageTag="9")["failures"][0]["failureCode"] == "ImageNotFound"
    registry.push("team/app", "1.0", one)
    assert remove(imageTag="1.0")["imageIds"] == [{"imageDigest": first, "imageTag": "1.0"}]
    assert remove(imageTag="1")["imageIds"] == [{"imageDigest": first, "imageTag": "1"}]
    assert remove(imageDigest=listed)["imageIds"] == [{"imageDigest": listed, "imageTag": "2"}]
    assert remove(imageDigest=second)["imageIds"] == [{"imageDigest": second}]
    assert aws.ecr.describe_images(repositoryName="team/app")["imageDetails"] == []
