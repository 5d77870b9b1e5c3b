"""Secrets Manager: the secrets that RDS makes, rotates and keeps to itself."""

import json
import secrets
import string
import time
import uuid

from gateway.errors import AwsError
from gateway.registry import mend

ALPHABET = string.ascii_letters + string.digits + "!#$%&()*+,-.:;<=>?[]^_{|}~"


def _password():
    return "".join(secrets.choice(ALPHABET) for _ in range(28))


def _text(cluster):
    """rds-secrets-manager.html in the AuroraUserGuide: a document with username and password."""
    return json.dumps({"username": cluster.master_username, "password": _password()})


def _write(cluster):
    """A new current version of the cluster's secret; the one before it is the previous."""
    secret, version = cluster.master_user_secret.secret, str(uuid.uuid4())
    secret.reset_default_version({"createdate": int(time.time()), "version_id": version, "version_stages": ["AWSCURRENT"],
                                  "secret_string": _text(cluster)}, version)
    secret.last_rotation_date = int(time.time())


@mend("rds", "CreateDBCluster")
def made(call):
    """rds-secrets-manager.html: the secret has the cluster's master user, and a password that nobody knows."""
    answer = call.next()
    cluster = call.backend().clusters[call.params["DBClusterIdentifier"].lower()]
    if hasattr(cluster, "master_user_secret"):
        held = cluster.master_user_secret.secret
        held.secret_string = held.versions[held.default_version_id]["secret_string"] = _text(cluster)
    return answer


@mend("rds", "ModifyDBCluster")
def managed(call):
    """API_ModifyDBCluster.html: management is switched on once; a rotation is at once, and of a managed password."""
    p = call.params
    cluster = call.backend().clusters.get(p["DBClusterIdentifier"].lower())
    if cluster is None:
        return None
    has = hasattr(cluster, "master_user_secret")
    rotate = p.pop("RotateMasterUserPassword", False)
    if rotate and not (has or p.get("ManageMasterUserPassword")):
        raise AwsError("InvalidParameterCombination", "You can't rotate the master user password: it is not managed by RDS in "
                       "AWS Secrets Manager.")
    if rotate and not p.get("ApplyImmediately"):
        raise AwsError("InvalidParameterCombination", "You must specify apply immediately when rotating the master user password.")
    if has and p.get("ManageMasterUserPassword"):
        del p["ManageMasterUserPassword"]
    answer = call.next()
    if not has and hasattr(cluster, "master_user_secret"):
        held = cluster.master_user_secret.secret
        held.secret_string = held.versions[held.default_version_id]["secret_string"] = _text(cluster)
    if rotate:
        _write(cluster)
        cluster.master_user_secret._status = "rotating"
    return answer


@mend("secretsmanager", "DeleteSecret")
def owned(call):
    """secretsmanager/latest/userguide/service-linked-secrets.html: only the service that owns a secret deletes it."""
    backend, wanted = call.backend(), call.params["SecretId"]
    secret = next((s for s in backend.secrets.values() if wanted in (s.arn, s.name)), None)
    if secret is not None and secret.owning_service:
        raise AwsError("InvalidRequestException", f"You can't perform this operation on a secret that is owned by "
                       f"{secret.owning_service}.")
