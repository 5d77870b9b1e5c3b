"""ACM: tokens that hold whatever becomes of the tags, records that prove a name, certificates in use."""

import hashlib

from moto import settings
from moto.backends import get_backend

from gateway.errors import AwsError
from gateway.registry import mend

settings.ACM_VALIDATION_WAIT = float("inf")  # records issue a certificate here, not time


def _record(account, domain):
    """userguide dns-validation.html: the record of a name is the same each time; a wildcard shares its parent's."""
    name = domain.removeprefix("*.").lower()
    digest = hashlib.sha256(f"{account} {name}".encode()).hexdigest()
    return {"Name": f"_{digest[:32]}.{name}.", "Type": "CNAME",
            "Value": f"_{digest[32:]}.jkddzztszm.acm-validations.aws."}


def prove(call):
    """Issues each certificate of the account whose records are all in its zones."""
    there = {(r["Name"], v["Value"].rstrip(".") + ".") for sets in call.store("records", "route53").values()
             for r in sets.values() if r["Type"] == "CNAME" for v in r.get("ResourceRecords", [])}
    for backend in list(get_backend("acm")[call.account].values()):
        for certificate in backend._certificates.values():
            if certificate.status == "PENDING_VALIDATION":
                wanted = [_record(call.account, n) for n in getattr(certificate, "_mend_names", ())]
                if wanted and all((r["Name"], r["Value"]) in there for r in wanted):
                    certificate.status = "ISSUED"


@mend("acm", "*")
def look(call):
    """userguide dns-validation.html: a certificate is issued once its records are found."""
    prove(call)


@mend("route53", "ChangeResourceRecordSets")
def changed(call):
    """userguide dns-validation.html: the same when a record comes later than the request."""
    answer = call.next()
    prove(call)
    return answer


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
    call.backend()._certificates[answer["CertificateArn"]]._mend_names = [
        params["DomainName"], *params.get("SubjectAlternativeNames", [])]
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
        option["ResourceRecord"] = _record(call.account, option["DomainName"])
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
