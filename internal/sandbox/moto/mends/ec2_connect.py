"""EC2 Instance Connect: keys are pushed to instances that run, and what was pushed is kept for who asks: no machine takes
them here."""

import base64
import binascii
import struct

from gateway.errors import AwsError
from gateway.registry import mend


def pushed(backend):
    """The keys pushed so far, oldest first: {"instance", "user", "key"}. backend is that of EC2."""
    return backend.__dict__.setdefault("_mend_pushed", [])


@mend("ec2-instance-connect", "SendSSHPublicKey")
def send(call):
    """API_SendSSHPublicKey.html: EC2InstanceNotFoundException, EC2InstanceStateInvalidException for one that is stopped or has
    ended, EC2InstanceUnavailableException for one that starts or stops; a wrong zone is an invalid parameter."""
    p, ec2 = call.params, call.backend("ec2")
    _check_key(p["SSHPublicKey"])
    instance = next((i for r in ec2.reservations.values() for i in r.instances if i.id == p["InstanceId"]), None)
    if instance is None:
        raise AwsError("EC2InstanceNotFoundException", "Instance not found")
    if instance.state in ("stopped", "shutting-down", "terminated"):
        raise AwsError("EC2InstanceStateInvalidException", "Instance is not in a valid state. Instance must be in a running "
                       f"state: it is {instance.state}.")
    if instance.state != "running":
        raise AwsError("EC2InstanceUnavailableException", "The instance is currently unavailable. Wait a few minutes and try "
                       "again.")
    if p.get("AvailabilityZone", instance._placement.zone) != instance._placement.zone:
        raise AwsError("InvalidArgsException", f"The instance is not in Availability Zone {p['AvailabilityZone']}.")
    pushed(ec2).append({"instance": instance.id, "user": p["InstanceOSUser"], "key": p["SSHPublicKey"].strip()})


def _check_key(text):
    """userguide connect-linux-inst-eic.html: RSA of 2048 or 4096 bits, and ED25519, as OpenSSH writes them."""
    if text.startswith("---- BEGIN SSH2 PUBLIC KEY ----"):
        return
    kind, _, rest = text.strip().partition(" ")
    try:
        blob = base64.b64decode(rest.split(" ")[0], validate=True)
        fields = _fields(blob)
        bits = int.from_bytes(fields[2]).bit_length() if kind == "ssh-rsa" else 0
        valid = fields[0].decode() == kind and (bits in (2048, 4096) or kind == "ssh-ed25519" and len(fields[1]) == 32)
    except (binascii.Error, struct.error, IndexError, UnicodeDecodeError):
        valid = False
    if not valid:
        raise AwsError("InvalidArgsException", "Invalid SSH public key.")


def _fields(blob):
    """RFC 4251 section 5: strings with their lengths before them."""
    fields = []
    while blob:
        length, = struct.unpack(">I", blob[:4])
        fields.append(blob[4:4 + length])
        blob = blob[4 + length:]
    return fields
