"""How each service of AWS refuses a request that its API model does not allow."""

from .errors import AwsError

# Service -> code of a value outside the model; the default is by protocol. AWS documents them under "Common Errors".
CODES = {"rds": "InvalidParameterValue", "sns": "InvalidParameter", "route53": "InvalidInput", "s3": "InvalidArgument",
         "logs": "InvalidParameterException", "ecr": "InvalidParameterException", "ecs": "InvalidParameterException",
         "cloudwatch": "InvalidParameterValue", "service-quotas": "IllegalArgumentException",
         "resourcegroupstaggingapi": "InvalidParameterException", "iam": "ValidationError", "kms": "ValidationException"}
EC2 = {"missing": "MissingParameter", "unknown": "UnknownParameter"}


def refusal(service, protocol, kind, path, value, words, count):
    """The error AWS answers with, naming the member."""
    if protocol == "ec2":
        message = {"missing": f"The request must contain the parameter {path}",
                   "unknown": f"The parameter {path} is not recognized"}.get(
                       kind, f"Value ({value}) for parameter {path} is invalid. {words}")
        return AwsError(EC2.get(kind, "InvalidParameterValue"), message)
    shown = "null" if value is None else f"'{value}'"
    subject = f"Value {shown} at '{_member(path)}'" if kind != "unknown" else f"Unknown parameter '{path}'"
    plural = "s" if count > 1 else ""
    message = f"{count} validation error{plural} detected: {subject} failed to satisfy constraint: {words}"
    if kind == "type" and protocol in ("json", "cbor", "rest-json"):
        return AwsError("SerializationException", message)
    if service == "s3" and kind in ("type", "missing") and path != "body":
        return AwsError("InvalidRequest", message)
    if service == "s3" and kind == "type":
        return AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our "
                                        "published schema")
    fallback = "ValidationError" if protocol == "query" else "ValidationException"
    return AwsError(CODES.get(service, fallback), message)


def _member(path):
    return path[:1].lower() + path[1:]
