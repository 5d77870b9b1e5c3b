"""ACM: tokens that hold whatever becomes of the tags, a validation record for each name, certificates in use."""

import hashlib

from gateway.errors import AwsError
from gateway.registry import mend


def _users(call, arn):
    """The load balancers whose listeners present the certificate."""
    return sorted({b.arn for b in call.backend("elbv2").load_balancers.values()
                   for listener in b.listeners.values() if listener.certificate == arn})


@mend("acm", "RequestCertificate")
def request(call):
    """API_RequestCertificate.html: within an hour a token gives the certificate it gave before."""
    token, seen = call.params.get("IdempotencyToken"), call.store("tokens")
    same = {k: v for k, v in call.params.items() if k not in ("Tags", "IdempotencyToken")}
    if token in seen and seen[token][0] == same and seen[token][1] in call.backend()._certificates:
        return {"CertificateArn": seen[token][1]}
    params = dict(call.params)
    call.params.pop("IdempotencyToken", None)
    answer = call.next()
    if token:
        seen[token] = {k: v for k, v in params.items() if k not in ("Tags", "IdempotencyToken")}, answer["CertificateArn"]
    return answer


@mend("acm", "DescribeCertificate")
def describe(call):
    """API_CertificateDetail.html: the domain comes first among the names, and each name has a record of its own; a
    wildcard shares its parent's."""
    answer = call.next()
    certificate = answer["Certificate"]
    names = certificate["SubjectAlternativeNames"]
    certificate["SubjectAlternativeNames"] = sorted(set(names), key=lambda n: (n != certificate["DomainName"], n))
    for option in certificate.get("DomainValidationOptions", []):
        name = option["DomainName"].removeprefix("*.")
        digest = hashlib.sha256(f"{call.account} {name}".encode()).hexdigest()
        option["ResourceRecord"] = {"Name": f"_{digest[:32]}.{name}.", "Type": "CNAME",
                                    "Value": f"_{digest[32:]}.jkddzztszm.acm-validations.aws."}
        if certificate["Status"] == "ISSUED":
            option["ValidationStatus"] = "SUCCESS"
    certificate["InUseBy"] = _users(call, certificate["CertificateArn"])
    return answer


@mend("acm", "DeleteCertificate")
def delete(call):
    """API_DeleteCertificate.html: not while a load balancer uses it."""
    if users := _users(call, call.params["CertificateArn"]):
        raise AwsError("ResourceInUseException", f"Certificate {call.params['CertificateArn']} is in use by "
                       f"{', '.join(users)}")
