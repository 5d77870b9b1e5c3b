"""An account's objects with everything taken out that differs between two runs of the same work: ids become addresses,
times and counters go."""

import base64
import datetime
import functools
import json
import re

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ORDERED = {"Overrides", "LaunchTemplateOverrides"}  # lists whose order means something
TAGS = {"Tags", "TagList", "tags", "TagSet"}
NOISE = {"OwnerId", "ResponseMetadata"}


NOWHERE = "http://127.0.0.1:9"


def send_to(clients, request, **_):
    """Turns a request to the account that is looked at now: it is the same client for all of them."""
    account = clients["now"]
    request.url = request.url.replace(NOWHERE, account.endpoint, 1)
    request.headers["x-moto-account-id"] = account.number


class Account:
    """Collects objects; clients are kept between accounts since making one is slow."""

    def __init__(self, endpoint, number, clients):
        self.endpoint, self.number, self._clients = endpoint, number, clients
        self._objects, self._ids = [], {number: "<account>"}
        clients["now"] = self

    def client(self, name):
        if name not in self._clients:
            # A key of its own keeps these calls apart from those of the code under test.
            session = boto3.Session("AKIAIOSFODNN7READER0", "reader", region_name="us-east-1")
            client = session.client(name, endpoint_url=NOWHERE, config=Config(
                retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}))
            client.meta.events.register("before-send.*", functools.partial(send_to, self._clients))
            self._clients[name] = client
        return self._clients[name]

    def all(self, service, operation, key, **params):
        """All items of a listing, over all its pages."""
        client = self.client(service)
        if not client.can_paginate(operation):
            return getattr(client, operation)(**params)[key]
        return [item for page in client.get_paginator(operation).paginate(**params) for item in page.get(key, [])]

    def ask(self, service, operation, key=None, absent=(), **params):
        """One answer, or None for the error codes that say that there is nothing."""
        try:
            answer = getattr(self.client(service), operation)(**params)
        except ClientError as error:
            if error.response["Error"]["Code"] in absent:
                return None
            raise
        answer.pop("ResponseMetadata", None)
        return answer[key] if key else answer

    def add(self, kind, natural, doc, ids=(), tags=None):
        """Adds an object. It is called by its address tag, else by a name that follows from what it is."""
        doc = clean(doc)
        tags = tags if tags is not None else next((doc[k] for k in TAGS if k in doc), {})
        if tags:
            doc = {k: v for k, v in doc.items() if k not in TAGS} | {"tags": tags}
        name = tags.get("address", natural)
        self._objects.append((f"{kind} {name}", doc))
        for found in ids:
            self._ids[found] = f"<{kind} {name}>"

    def alias(self, found, words):
        """Lets another random text be known by words."""
        self._ids[found] = f"<{words}>"

    def world(self):
        ids = sorted((json.dumps(i)[1:-1] for i in self._ids if i), key=len, reverse=True)
        names = {json.dumps(i)[1:-1]: n for i, n in self._ids.items()}
        pattern = re.compile("|".join(map(re.escape, ids)))
        found = []
        for key, doc in self._objects:
            text = json.dumps([key, doc])
            for _ in range(2):  # names of objects may hold ids themselves
                text = pattern.sub(lambda m: json.dumps(names[m[0]])[1:-1], text)
            key, doc = json.loads(UUID.sub("<uuid>", text))
            found.append((key, ordered(doc)))
        world = {}
        for key, doc in sorted(found, key=lambda o: (o[0], json.dumps(o[1], sort_keys=True))):
            name, n = key, 1
            while name in world:
                n += 1
                name = f"{key} ({n})"
            world[name] = doc
        return world


def clean(value):
    """Takes out times and noise, and makes tags a map."""
    if isinstance(value, dict):
        kept = {}
        for key, each in value.items():
            if key in NOISE or isinstance(each, datetime.datetime):
                continue
            kept[key] = tag_map(each) if key in TAGS else clean(each)
        return kept
    if isinstance(value, list):
        return [clean(each) for each in value]
    return value


def tag_map(tags):
    if isinstance(tags, dict):
        return tags
    return {t.get("Key", t.get("key")): t.get("Value", t.get("value", "")) for t in tags
            if not t.get("Key", t.get("key", "")).startswith("aws:")}


def ordered(value):
    """Sorts lists where order means nothing."""
    if isinstance(value, dict):
        return {k: [ordered(each) for each in v] if k in ORDERED and isinstance(v, list) else ordered(v)
                for k, v in value.items()}
    if isinstance(value, list):
        return sorted((ordered(each) for each in value), key=lambda v: json.dumps(v, sort_keys=True))
    return value


def without(doc, *keys):
    return {k: v for k, v in doc.items() if k not in keys}


def only(doc, *keys):
    return {k: doc[k] for k in keys if k in doc}


def plain(user_data):
    """User data as it was written."""
    return base64.b64decode(user_data).decode("utf-8", "replace") if user_data else ""


def policy(text):
    """A policy as a document, so that the order of its keys does not matter."""
    return json.loads(text) if isinstance(text, str) and text else text
