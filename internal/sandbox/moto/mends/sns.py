"""SNS: topics that are created again, addresses that have to be confirmed, policies that must be policies."""

import json

from gateway.errors import AwsError
from gateway.registry import mend


def _topic(call):
    topic = call.backend().topics.get(call.params["TopicArn"])
    if topic is None:
        raise AwsError("NotFound", "Topic does not exist", 404)
    return topic


@mend("sns", "CreateTopic")
def create(call):
    """API_CreateTopic.html: a name that exists answers its topic, unless attributes or tags differ."""
    p = call.params
    arn = f"arn:aws:sns:{call.region}:{call.account}:{p['Name']}"
    topic = call.backend().topics.get(arn)
    if topic is None:
        answer = call.next()
        call.backend().topics[arn]._mend_attributes = dict(p.get("Attributes", {}))
        return answer
    tags = {t["Key"]: t["Value"] for t in p.get("Tags", [])}
    now = call.ask("ListTagsForResource", ResourceArn=arn)["Tags"]
    if p.get("Tags") and tags != {t["Key"]: t["Value"] for t in now}:
        raise AwsError("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")
    held = call.ask("GetTopicAttributes", TopicArn=arn)["Attributes"]
    if any(held.get(k) != v for k, v in p.get("Attributes", {}).items()):
        raise AwsError("InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different "
                       "attributes")
    return {"TopicArn": arn}


def _pending(call):
    """Subscriptions by ARN that nobody has confirmed, with how often they have been looked at."""
    return call.store("pending")


@mend("sns", "Subscribe")
def subscribe(call):
    """API_Subscribe.html: mail addresses must be confirmed first; once more sends the mail once more."""
    _topic(call)
    if call.params["Protocol"] not in ("email", "email-json"):
        return None
    if "@" not in call.params.get("Endpoint", ""):
        raise AwsError("InvalidParameter", "Invalid parameter: Email address")
    arns = set(call.backend().subscriptions)
    answer = call.next()
    arn = answer["SubscriptionArn"]
    if arn not in arns:
        _pending(call)[arn] = 0
    if arn in _pending(call) and not call.params.get("ReturnSubscriptionArn"):
        return {"SubscriptionArn": "pending confirmation"}
    return answer


@mend("sns", "ListSubscriptionsByTopic", "ListSubscriptions")
def subscriptions(call):
    """API_ListSubscriptionsByTopic.html: PendingConfirmation in place of an ARN. In the sandbox the reader of the mail
    clicks its link once the list has been looked at."""
    if "TopicArn" in call.params:
        _topic(call)
    answer, pending = call.next(), _pending(call)
    for shown in answer.get("Subscriptions", []):
        if shown["SubscriptionArn"] in pending:
            del pending[shown["SubscriptionArn"]]
            shown["SubscriptionArn"] = "PendingConfirmation"
    return answer


@mend("sns", "Unsubscribe")
def unsubscribe(call):
    """API_Unsubscribe.html: what is pending has no ARN yet."""
    arn = call.params["SubscriptionArn"]
    if arn.count(":") < 6:
        raise AwsError("InvalidParameter", "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, "
                       f"not {arn.count(':') + 1}")


@mend("sns", "GetTopicAttributes")
def attributes(call):
    """API_GetTopicAttributes.html: how many subscriptions wait and how many are confirmed."""
    _topic(call)
    answer = call.next()
    mine = [a for a, s in call.backend().subscriptions.items() if s.topic_arn == call.params["TopicArn"]]
    waiting = sum(a in _pending(call) for a in mine)
    answer["Attributes"] |= {"SubscriptionsPending": str(waiting), "SubscriptionsConfirmed": str(len(mine) - waiting)}
    return answer


@mend("sns", "SetTopicAttributes")
def set_attribute(call):
    """API_SetTopicAttributes.html: a policy names its own topic and a principal."""
    _topic(call)
    if call.params["AttributeName"] != "Policy" or not call.params.get("AttributeValue"):
        return None
    try:
        statements = json.loads(call.params["AttributeValue"])["Statement"]
        fine = all(s["Effect"] in ("Allow", "Deny") and s["Principal"] and s["Action"] and
                   call.params["TopicArn"] in (s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]])
                   for s in statements)
    except (ValueError, KeyError, TypeError):
        fine = False
    if not fine:
        raise AwsError("InvalidParameter", "Invalid parameter: Policy Error: null")


@mend("sns", "DeleteTopic")
def delete(call):
    """API_DeleteTopic.html: idempotent; its subscriptions go along."""
    if call.params["TopicArn"] not in call.backend().topics:
        return {}
    answer = call.next()
    for arn in [a for a, s in call.backend().subscriptions.items() if s.topic_arn == call.params["TopicArn"]]:
        call.backend().subscriptions.pop(arn)
        _pending(call).pop(arn, None)
    return answer
