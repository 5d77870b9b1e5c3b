"""Reads the parameters of a request by its model, in each protocol AWS speaks, and says what the model does not know."""

import base64
import json

from botocore.utils import parse_timestamp
from moto.core.parse import RestJSONParser, RestXMLParser
from werkzeug.datastructures import Headers, MultiDict

from . import cbor

FORM_OWN = {"Action", "Version", "AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp",
            "SecurityToken", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
            "X-Amz-SignedHeaders", "X-Amz-Security-Token", "X-Amz-Signature", "ContentType"}


class Unreadable(Exception):
    """The value at a path is not of the type the model says."""

    def __init__(self, path, value, kind):
        super().__init__(f"{path} = {value!r} is not a {kind}")
        self.path, self.value, self.kind = path, value, kind


def read_form(operation, form, ec2):
    """Parameters of a query or ec2 request, and the names of those that the model does not have."""
    tree = {}
    for key, value in form.items():
        if key in FORM_OWN:
            continue
        node, parts = tree, key.split(".")
        for part in parts[:-1]:
            child = node.setdefault(part, {})
            if not isinstance(child, dict):
                child = node[part] = {"": child}
            node = child
        node[parts[-1]] = value
    unknown = []
    shape = operation.input_shape
    if shape is None:
        return {}, list(tree)
    return _form_structure(shape, tree, "", unknown, ec2), unknown


def _form_name(shape, default, ec2):
    where = shape.serialization
    if ec2 and "queryName" in where:
        return where["queryName"]
    name = where.get("locationNameForQueryCompatibility") or where.get("name", default)
    return name[0].upper() + name[1:] if ec2 and "name" in where else name


def _form_value(shape, node, path, unknown, ec2):
    kind = shape.type_name
    if kind == "structure":
        return _form_structure(shape, node if isinstance(node, dict) else {}, path, unknown, ec2)
    if kind == "list":
        return _form_list(shape, node, path, unknown, ec2)
    if kind == "map":
        return _form_map(shape, node, path, unknown, ec2)
    if isinstance(node, dict):
        unknown.extend(f"{path}.{key}" for key in node)
        return None
    return scalar(shape, node, path)


def _form_structure(shape, node, path, unknown, ec2):
    names = {}
    for member, member_shape in shape.members.items():
        name = _form_name(member_shape, member, ec2)
        if not ec2 and member_shape.type_name == "list" and member_shape.serialization.get("flattened"):
            name = member_shape.member.serialization.get("name", name)
        names[name] = member
    out = {}
    for key, child in node.items():
        here = f"{path}.{key}" if path else key
        member = names.get(key)
        if member is None:
            unknown.append(here)
            continue
        value = _form_value(shape.members[member], child, here, unknown, ec2)
        if value is not None:
            out[member] = value
    return out


def _form_list(shape, node, path, unknown, ec2):
    if not isinstance(node, dict):
        return [] if node == "" else [scalar(shape.member, node, path)]
    if not ec2 and not shape.serialization.get("flattened"):
        name = shape.member.serialization.get("name", "member")
        unknown.extend(f"{path}.{key}" for key in node if key not in (name, "member", ""))
        node = node.get(name, node.get("member", {}))
        if not isinstance(node, dict):
            return []
    indexes = sorted((key for key in node if key.isdigit()), key=int)
    unknown.extend(f"{path}.{key}" for key in node if not key.isdigit() and key != "")
    return [_form_value(shape.member, node[key], f"{path}.{key}", unknown, ec2) for key in indexes]


def _form_map(shape, node, path, unknown, ec2):
    if not isinstance(node, dict):
        return {}
    entries = node if shape.serialization.get("flattened") else node.get("entry", {})
    key_name, value_name = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
    out = {}
    for index in sorted(entries, key=lambda i: int(i) if i.isdigit() else 0):
        entry = entries[index]
        out[entry.get(key_name)] = _form_value(shape.value, entry.get(value_name, ""), path, unknown, ec2)
    return out


def scalar(shape, text, path):
    """One value of a form, in the type its model says."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        if kind == "timestamp":
            return parse_timestamp(text)
        if kind == "blob":
            return base64.b64decode(text)
    except (ValueError, KeyError):
        raise Unreadable(path, text, kind) from None
    return text


def read_json(operation, body):
    """Parameters of a json request, and the names of those that the model does not have."""
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        raise Unreadable("body", body[:80], "JSON document") from None
    return _read_document(operation, document)


def read_cbor(operation, body):
    """Parameters of an rpc-v2-cbor request."""
    return _read_document(operation, cbor.decode(body) if body else {})


def _read_document(operation, document):
    unknown = []
    shape = operation.input_shape
    if shape is None:
        return {}, list(document)
    return _json_value(shape, document, "", unknown), unknown


def _json_value(shape, value, path, unknown):
    kind = shape.type_name
    if value is None:
        return None
    if kind == "structure" and not shape.is_document_type:
        if not isinstance(value, dict):
            raise Unreadable(path, value, "structure")
        names = {s.serialization.get("name", m): m for m, s in shape.members.items()}
        out = {}
        for key, child in value.items():
            here = f"{path}.{key}" if path else key
            member = names.get(key)
            if member is None:
                unknown.append(here)
            elif child is not None:
                out[member] = _json_value(shape.members[member], child, here, unknown)
        return out
    if kind == "list":
        if not isinstance(value, list):
            raise Unreadable(path, value, "list")
        return [_json_value(shape.member, v, f"{path}.{i + 1}", unknown) for i, v in enumerate(value)]
    if kind == "map":
        if not isinstance(value, dict):
            raise Unreadable(path, value, "map")
        return {k: _json_value(shape.value, v, f"{path}.{k}", unknown) for k, v in value.items()}
    if kind == "string" and not isinstance(value, str) or kind == "boolean" and not isinstance(value, bool):
        raise Unreadable(path, value, kind)
    if kind in ("integer", "long", "float", "double") and (isinstance(value, bool) or
                                                           not isinstance(value, (int, float))):
        raise Unreadable(path, value, kind)
    if kind == "timestamp":
        return parse_timestamp(value) if isinstance(value, (int, float, str)) else value
    if kind == "blob" and isinstance(value, str):
        return base64.b64decode(value)
    return value


def read_rest(operation, protocol, method, path, query, headers, body, url_params):
    """Parameters of a REST request. A body that is a stream stays unread."""
    shape = operation.input_shape
    if shape is None:
        return {}, []
    payload = shape.serialization.get("payload")
    text = body if payload and shape.members[payload].type_name == "string" else None
    if payload and shape.members[payload].type_name in ("blob", "string"):
        body = b""
    parser = {"rest-xml": RestXMLParser, "rest-json": RestJSONParser}[protocol](operation)
    try:
        parsed = parser.parse({"method": method, "values": MultiDict(query), "headers": Headers(list(headers.items())),
                               "body": body.decode("utf-8", "replace"), "url_path": path, "url_params": url_params})
    except Exception as error:  # moto's parser raises whatever its conversions raise
        raise Unreadable("body", str(error)[:120], "document of this operation") from None
    parsed.update({k: v for k, v in url_params.items() if k in shape.members})
    if text:
        parsed[payload] = text.decode("utf-8", "replace")
    return parsed, []
