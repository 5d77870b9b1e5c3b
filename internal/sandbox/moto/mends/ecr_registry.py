"""ECR: the layers and images of repositories, as they are pushed and pulled."""

import hashlib
import json
import uuid

from moto.ecr.models import Image

from gateway.errors import AwsError

INDEXES = ("application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json")


class Repositories:
    """The repositories of an account and region."""

    def __init__(self, call):
        self.call = call

    def find(self, name):
        """One by its name. A push makes none, unless the account has a template for that.
        https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html"""
        backend = self.call.backend()
        if name not in backend.repositories:
            raise AwsError("NAME_UNKNOWN", f"The repository with name '{name}' does not exist in the registry with id "
                                           f"'{self.call.account}'", 404)
        return Repository(backend.repositories[name])

    def mount(self, repository, digest, origin):
        """Takes over a layer of another repository where the account has that switched on; tells whether it did.
        https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html"""
        if self.call.store("settings").get("BLOB_MOUNTING") != "ENABLED":
            return False
        others = [Repository(r) for name, r in self.call.backend().repositories.items() if origin in (None, name)]
        found = next((r.blobs[digest] for r in others if digest in r.blobs), None)
        if found is None:
            return False
        repository.blobs[digest] = found
        return True


class Repository:
    """A repository's layers, uploads and images. Layers live and die with moto's model of it."""

    def __init__(self, model):
        self.model, self.images = model, model.images
        self.blobs = model.__dict__.setdefault("_mend_blobs", {})
        self.uploads = model.__dict__.setdefault("_mend_uploads", {})

    def blob(self, digest):
        """A layer's bytes."""
        if digest not in self.blobs:
            raise AwsError("BLOB_UNKNOWN", "blob unknown to registry", 404)
        return self.blobs[digest]

    def begin(self):
        """The name of a new upload."""
        name = str(uuid.uuid4())
        self.uploads[name] = bytearray()
        return name

    def append(self, upload, part, start=None):
        """Adds to an upload, and tells how long it is now."""
        held = self._held(upload)
        if start not in (None, len(held)):
            raise AwsError("BLOB_UPLOAD_INVALID", f"Range: 0-{max(len(held) - 1, 0)}", 416)
        held += part
        return len(held)

    def abandon(self, upload):
        """Gives an upload up."""
        self._held(upload)
        del self.uploads[upload]

    def _held(self, upload):
        if upload not in self.uploads:
            raise AwsError("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", 404)
        return self.uploads[upload]

    def finish(self, upload, digest):
        """Makes a layer of an upload."""
        self.store(digest, bytes(self._held(upload)))
        del self.uploads[upload]

    def store(self, digest, body):
        """Keeps a layer, which has to be what its digest says."""
        if digest != sha256(body):
            raise AwsError("DIGEST_INVALID", "provided digest did not match uploaded content")
        self.blobs[digest] = body

    def image(self, reference):
        """An image by its tag or digest."""
        found = next((i for i in self.images if reference in (i.image_digest, *i.image_tags)), None)
        if found is None:
            raise AwsError("MANIFEST_UNKNOWN", "Requested image not found", 404)
        return found

    def push(self, reference, body, media_type):
        """Keeps an image whose layers are there, and returns its digest. A tag that may not move stays where it is, also
        when it is pushed to the same image again.
        https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html"""
        digest, tag = sha256(body), None if reference.startswith("sha256:") else reference
        manifest = self._parsed(body)
        if tag is None and reference != digest:
            raise AwsError("DIGEST_INVALID", "provided digest did not match uploaded content")
        self._complete(manifest)
        if tag and self.model.is_tag_immutable() and any(tag in i.image_tags for i in self.images):
            raise AwsError("TAG_INVALID", f"The image tag '{tag}' already exists in the '{self.model.name}' repository and cannot "
                                          "be overwritten because the tag is immutable.")
        for other in self.images:
            other.remove_tag(tag)
        held = next((i for i in self.images if i.image_digest == digest), None)
        if held is None:
            held = Image(self.model.account_id, tag, body.decode(), self.model.name, media_type or manifest["mediaType"], digest)
            self.images.append(held)
        if tag:
            held.update_tag(tag)
        return digest

    def _parsed(self, body):
        try:
            manifest = json.loads(body)
            if manifest["schemaVersion"] == 2:
                return manifest
        except (ValueError, KeyError, TypeError):
            pass
        raise AwsError("MANIFEST_INVALID", "manifest invalid")

    def _complete(self, manifest):
        for digest in layers(manifest):
            if digest not in self.blobs:
                raise AwsError("MANIFEST_BLOB_UNKNOWN", f"Layer with digest '{digest}' does not exist in the repository", 404)
        for child in manifest.get("manifests", ()):
            if not any(i.image_digest == child["digest"] for i in self.images):
                raise AwsError("MANIFEST_BLOB_UNKNOWN", f"Image with digest '{child['digest']}' does not exist in the repository", 404)


def layers(manifest):
    """The digests of all that an image is made of."""
    return [each["digest"] for each in [manifest.get("config"), *manifest.get("layers", ())] if each]


def sha256(body):
    """A digest as manifests have it."""
    return "sha256:" + hashlib.sha256(body).hexdigest()
