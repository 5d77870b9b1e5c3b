"""Settings, clock and memory of the stern behaviours, one of each an account."""

import hashlib
import json
import time

from gateway.registry import around

READER = "AKIAIOSFODNN7READER0"  # the key of tests that look at what there really is

BEHAVIOURS = []
_ACCOUNTS = {}
_everywhere = []


class Settings:
    """How stern one account is. Durations are seconds of AWS's clock; failures are there on demand."""

    fields = {
        "scale": 100.0,  # seconds of AWS's clock that go by in one of ours
        "seed": 1,  # of what is hidden how often
        "fresh": 100.0,  # how long a fresh object may be unseen
        "iam": 60.0,  # how long other services do not know a fresh role or profile
        "slow": True,  # states take their time
        "linger": True,  # interfaces outlive what they were for
        "no_spot": [],  # zones without spot capacity, or ["*"]
        "never_validates": False,  # certificates stay pending
        "cluster_busy": 0.0,  # the clusters that are there are backing up for so long, from now on
        "nat_fails": "",  # the FailureCode of new NAT gateways
        "quotas": {},  # the account's own quotas by code; these are enforced
        "calm": False,  # nothing is fresh, slow or lingers, unless it is said
    }
    calm = {"fresh": 0.0, "iam": 0.0, "slow": False, "linger": False}

    def __init__(self, given=None):
        unknown = set(given or {}) - set(self.fields)
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
        self.__dict__.update(self.fields | (self.calm if (given or {}).get("calm") else {}) | (given or {}))
        self.since = time.monotonic()
        self.memory = {}

    def of(self, name):
        """A dict that lives with the account."""
        return self.memory.setdefault(name, {})

    def real(self, seconds):
        """Seconds of AWS's clock as seconds of ours."""
        return seconds / self.scale

    def draw(self, *parts):
        """A number that is the same for the same parts and seed."""
        text = " ".join(map(str, (self.seed, *parts)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def everywhere(given=None):
    """Makes all accounts stern."""
    _everywhere[:] = [given or {}]


def reset():
    """Forgets what accounts remember."""
    _ACCOUNTS.clear()


def of(call):
    """The settings of a call's account, or None where it is not stern or a mend asks."""
    if call.request.protocol == "asked" or call.request.access_key() == READER:
        return None
    return settings(call)


def settings(call):
    """The settings of a call's account whoever asks, for what AWS does by itself; None where it is not stern."""
    if call.account not in _ACCOUNTS and _everywhere:
        _ACCOUNTS[call.account] = Settings(_everywhere[0])
    return _ACCOUNTS.get(call.account)


def behaviour(page, service, *operations):
    """Registers a function(call, settings) for operations of a service, as gateway.registry.around does."""
    def register(function):
        def entry(call):
            held = of(call)
            return None if held is None else function(call, held)
        entry.__doc__ = page
        entry.__name__ = function.__name__
        BEHAVIOURS.append({"page": page, "service": service, "operations": list(operations),
                           "what": (function.__doc__ or function.__name__).strip()})
        around(service, *operations)(entry)
        return function
    return register


def control(method, query, body):
    """Answers /moto-api/stern: (status, document)."""
    if method == "GET":
        return 200, BEHAVIOURS
    account = query.get("account")
    if not account:
        return 400, {"error": "which account?"}
    if method == "DELETE":
        _ACCOUNTS.pop(account, None)
        return 200, {}
    try:
        given = json.loads(body or b"{}")
        old, new = _ACCOUNTS.get(account), Settings(given)
    except (ValueError, TypeError) as error:
        return 400, {"error": str(error)}
    if old:
        new.memory = old.memory
    _ACCOUNTS[account] = new
    return 200, given
