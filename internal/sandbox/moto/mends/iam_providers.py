"""IAM: identity providers, their audiences, and what a role that trusts a shared one must say."""

from gateway.errors import AwsError
from gateway.registry import mend
from mends.iam import _list, _statements

# userguide id_roles_providers_oidc_secure-by-default.html: whoever has an account there gets tokens of these.
SHARED = {"token.actions.githubusercontent.com": "sub"}


@mend("iam", "CreateOpenIDConnectProvider")
def once(call):
    """API_CreateOpenIDConnectProvider.html: an address is registered once; it is https and has no query."""
    url = call.params["Url"]
    if not url.startswith("https://") or "?" in url:
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    if any(p.url == url.removeprefix("https://") for p in call.backend().open_id_providers.values()):
        raise AwsError("EntityAlreadyExists", f"Provider with url {url} already exists.", 409)


@mend("iam", "AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider")
def audiences(call):
    """API_AddClientIDToOpenIDConnectProvider.html: idempotent; 100 at most."""
    arn, audience = call.params["OpenIDConnectProviderArn"], call.params["ClientID"]
    provider = call.backend().open_id_providers.get(arn)
    if provider is None:
        raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)
    others = [c for c in provider.client_id_list if c != audience]
    if call.operation.startswith("Add"):
        if len(others) >= 100:
            raise AwsError("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100", 409)
        others.append(audience)
    provider.client_id_list = others
    return {}


@mend("iam", "CreateRole", "UpdateAssumeRolePolicy")
def narrow(call):
    """id_roles_providers_oidc_secure-by-default.html: a role that trusts a shared provider says whose tokens it takes."""
    text = call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument")
    for statement in _statements(text):
        principal = statement.get("Principal", {})
        for arn in _list(principal.get("Federated", [])) if isinstance(principal, dict) else []:
            issuer = str(arn).partition(":oidc-provider/")[2]
            key = f"{issuer}:{SHARED.get(issuer)}".lower()
            values = [v for keys in statement.get("Condition", {}).values() for k, vs in keys.items()
                      if k.lower() == key for v in _list(vs)]
            if issuer in SHARED and (not values or any(not str(v).strip("*?") for v in values)):
                raise AwsError("MalformedPolicyDocument", f"The trust policy must restrict {key}.")
