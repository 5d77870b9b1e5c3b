"""AWS's API models as botocore ships them, and which of them a request speaks to."""

import functools
import re
from urllib.parse import parse_qsl, unquote

from moto.core.utils import get_service_model

# Signing name of a request -> name of the service in botocore. Where several services share a signing name the
# Version of the form decides. Requests to services that are not listed go to moto unread.
SERVICES = {
    "acm": "acm", "application-autoscaling": "application-autoscaling", "autoscaling": "autoscaling",
    "backup": "backup", "budgets": "budgets", "ce": "ce", "cloudtrail": "cloudtrail", "codedeploy": "codedeploy",
    "ec2": "ec2", "ec2-instance-connect": "ec2-instance-connect", "ecr": "ecr", "ecs": "ecs",
    "elasticloadbalancing": "elbv2", "events": "events", "guardduty": "guardduty", "iam": "iam", "kms": "kms",
    "logs": "logs", "monitoring": "cloudwatch", "pricing": "pricing", "rds": "rds", "route53": "route53", "s3": "s3",
    "secretsmanager": "secretsmanager", "servicequotas": "service-quotas", "sns": "sns", "sqs": "sqs", "ssm": "ssm",
    "sts": "sts", "tagging": "resourcegroupstaggingapi", "wafv2": "wafv2",
}
OTHER_VERSIONS = {("elbv2", "2012-06-01"): "elb"}
# The names moto has for services where they differ from botocore's.
MOTO_NAMES = {"service-quotas": "servicequotas", "application-autoscaling": "applicationautoscaling",
              "ec2-instance-connect": "ec2instanceconnect"}


@functools.cache
def service_model(name):
    return get_service_model(name)


@functools.cache
def _routes(name):
    """Operations of a REST service as (method, path pattern, literal query, required query and headers, operation)."""
    model, routes = service_model(name), []
    for operation_name in model.operation_names:
        operation = model.operation_model(operation_name)
        path, _, query = operation.http["requestUri"].partition("?")
        path = path.rstrip("/")  # SDKs differ in whether they send it
        pattern = re.sub(r"\{(\w+)\\?\+\\?\}", r"(?P<\1>.+)", re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
        literal = dict(parse_qsl(query, keep_blank_values=True))
        shape = operation.input_shape
        wants_query, wants_header = set(), set()
        for member in (shape.required_members if shape else []):
            where = shape.members[member].serialization
            if where.get("location") == "querystring":
                wants_query.add(where["name"])
            elif where.get("location") == "header":
                wants_header.add(where["name"].lower())
        routes.append((operation.http["method"], re.compile(f"^{pattern}/?$"), literal, wants_query, wants_header,
                       operation_name, operation.deprecated))
    return routes


def rest_operation(name, method, path, query, headers):
    """The operation a REST request means and its path parameters; (None, {}) when the model has none."""
    best, best_score, best_params = None, None, {}
    for verb, pattern, literal, wants_query, wants_header, operation, deprecated in _routes(name):
        if verb != method and not (method == "HEAD" and verb == "HEAD"):
            continue
        match = pattern.match(path)
        if not match or any(k not in query or (v and query[k] != v) for k, v in literal.items()):
            continue
        if any(k not in query for k in wants_query) or any(k not in headers for k in wants_header):
            continue
        score = (len(literal), len(wants_query) + len(wants_header), -len(match.groupdict()), not deprecated,
                 -len(operation))
        if best_score is None or score > best_score:
            best, best_score, best_params = operation, score, match.groupdict()
    return best, {k: unquote(v) for k, v in best_params.items()}
