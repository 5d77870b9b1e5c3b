"""ECR: what moto gets wrong of images, or does not have of them."""

import json
import time

from moto.ecr.models import Image

from gateway import oci
from gateway.errors import AwsError
from gateway.registry import mend

from .ecr_registry import INDEXES, layers, sha256


def _digest(image):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageIdentifier.html: the digest is that of the manifest."""
    image._image_digest = sha256(image.image_manifest.encode())


def _size(image):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html: the size is that of what is stored."""
    manifest = json.loads(image.image_manifest)
    return sum(each.get("size", 0) for each in manifest.get("layers", ())) or None


Image._create_digest, Image.get_image_size_in_bytes = _digest, _size


@mend("ecr", "GetAuthorizationToken")
def login(call):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html: a token holds for 12 hours. The
    endpoint is where the caller has reached us."""
    scheme, host = call.request.environ.get("wsgi.url_scheme", "http"), call.request.headers.get("host", "")
    return {"authorizationData": [{"authorizationToken": oci.token(account, call.region), "expiresAt": time.time() + 12 * 3600,
                                   "proxyEndpoint": f"{scheme}://{host}"}
                                  for account in call.params.get("registryIds") or [call.account]]}


@mend("ecr", "PutAccountSetting", "GetAccountSetting")
def setting(call):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutAccountSetting.html"""
    name, held = call.params["name"], call.store("settings")
    if call.operation == "PutAccountSetting":
        held[name] = call.params["value"]
    return {"name": name, "value": held.get(name, "DISABLED")}


@mend("ecr", "ListImages", "DescribeImages")
def tagged(call):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImagesFilter.html"""
    status = call.params.get("filter", {}).get("tagStatus", "ANY")
    result = call.next()
    for member in ("imageIds", "imageDetails"):
        if status != "ANY" and member in result:
            result[member] = [i for i in result[member] if bool(i.get("imageTag") or i.get("imageTags")) == (status == "TAGGED")]
    return result


@mend("ecr", "BatchGetImage")
def get(call):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html: what is not there is a failure, which says
    what was asked for."""
    repository = _repository(call)
    found, failures = [], []
    for asked in call.params["imageIds"]:
        image = _find(repository, asked)
        if image is None:
            failures.append(_failure(asked, "ImageNotFound", "Requested image not found"))
            continue
        found.append({"registryId": repository.registry_id, "repositoryName": repository.name,
                      "imageId": {"imageDigest": image.image_digest} | {k: v for k, v in asked.items() if k == "imageTag"},
                      "imageManifest": image.image_manifest, "imageManifestMediaType": image.image_manifest_media_type})
    return {"images": found, "failures": failures}


@mend("ecr", "BatchDeleteImage")
def delete(call):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html: by a tag, the tag goes, and the image with
    its last one; by a digest, the image goes with all its tags, unless an image index refers to it."""
    repository = _repository(call)
    gone, failures = [], []
    for asked in call.params["imageIds"]:
        image = _find(repository, asked)
        if image is None:
            failures.append(_failure(asked, "ImageNotFound", "Requested image not found"))
            continue
        tags = [asked["imageTag"]] if "imageTag" in asked else list(image.image_tags)
        last = tags == image.image_tags or "imageTag" not in asked
        if last and image.image_digest in _referred(repository):
            failures.append(_failure(asked, "ImageReferencedByManifestList", "Requested image referenced by manifest list"))
            continue
        for tag in tags:
            image.remove_tag(tag)
        if last:
            repository.images.remove(image)
        gone += [{"imageDigest": image.image_digest, "imageTag": tag} for tag in tags] or [{"imageDigest": image.image_digest}]
    return {"imageIds": gone, "failures": failures}


@mend("ecr", "BatchCheckLayerAvailability")
def available(call):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html"""
    held = _repository(call).__dict__.get("_mend_blobs", {})
    return {"failures": [], "layers": [
        {"layerDigest": digest, "layerAvailability": "AVAILABLE", "layerSize": len(held[digest])} if digest in held else
        {"layerDigest": digest, "layerAvailability": "UNAVAILABLE"} for digest in call.params["layerDigests"]]}


@mend("ecr", "GetDownloadUrlForLayer")
def download(call):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html: only a layer of an image is there."""
    repository, digest = _repository(call), call.params["layerDigest"]
    if not any(digest in layers(json.loads(i.image_manifest)) for i in repository.images):
        raise AwsError("LayersNotFoundException", f"The layer with digest '{digest}' does not exist in the repository with name "
                                                  f"'{repository.name}' in the registry with id '{repository.registry_id}'")
    host = call.request.headers.get("host", "")
    return {"downloadUrl": f"http://{host}/v2/{repository.name}/blobs/{digest}", "layerDigest": digest}


def _repository(call):
    return call.backend()._get_repository(call.params["repositoryName"], call.params.get("registryId"))


def _find(repository, asked):
    return next((i for i in repository.images if asked.get("imageDigest", i.image_digest) == i.image_digest
                 and ("imageTag" not in asked or asked["imageTag"] in i.image_tags)), None)


def _failure(asked, code, reason):
    return {"imageId": asked, "failureCode": code, "failureReason": reason}


def _referred(repository):
    return {child["digest"] for i in repository.images if i.image_manifest_media_type in INDEXES
            for child in json.loads(i.image_manifest).get("manifests", ())}
