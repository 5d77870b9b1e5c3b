"""Holds the parameters of a request against the constraints of its API model, as the front of AWS does."""

import functools
import re

# Patterns and enumerations that the models state and AWS does not enforce (or that Python's `re` cannot hold).
UNENFORCED = {
    ("s3", "BucketLocationConstraint"), ("s3", "CopySource"), ("ec2", "InstanceType"),
}


def violations(service, operation, params):
    """What is wrong with params, as (kind, path, value, words); kind is missing, enum, pattern, length or range."""
    shape = operation.input_shape
    return list(_walk(service, shape, params, "")) if shape is not None else []


def _walk(service, shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        for member in shape.required_members:
            if value.get(member) is None and not _filled(shape.members[member]):
                yield "missing", _join(path, member), None, "Member must not be null"
        for member, child in value.items():
            if child is not None and member in shape.members:
                yield from _walk(service, shape.members[member], child, _join(path, member))
    elif kind == "list" and isinstance(value, list):
        yield from _length(shape, value, path)
        for index, child in enumerate(value):
            if child is not None:
                yield from _walk(service, shape.member, child, f"{path}.{index + 1}.member")
    elif kind == "map" and isinstance(value, dict):
        yield from _length(shape, value, path)
        for key, child in value.items():
            yield from _walk(service, shape.key, key, f"{path}.{key}")
            if child is not None:
                yield from _walk(service, shape.value, child, f"{path}.{key}")
    elif kind == "string" and isinstance(value, str):
        yield from _text(service, shape, value, path)
    elif kind == "blob" and isinstance(value, (bytes, bytearray)):
        yield from _length(shape, value, path)
    elif kind in ("integer", "long", "float", "double"):
        yield from _number(shape, value, path)


def _join(path, member):
    return f"{path}.{member}" if path else member


def _filled(shape):
    return bool(shape.metadata.get("idempotencyToken")) or shape.serialization.get("location") in ("uri", "headers") \
        or shape.type_name == "blob" and bool(shape.serialization.get("streaming"))


def _number(shape, value, path):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield "range", path, value, f"Member must have value greater than or equal to {low}"
    if high is not None and value > high:
        yield "range", path, value, f"Member must have value less than or equal to {high}"


def _length(shape, value, path):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield "length", path, value, f"Member must have length greater than or equal to {low}"
    if high is not None and len(value) > high:
        yield "length", path, value, f"Member must have length less than or equal to {high}"


def _text(service, shape, value, path):
    if (service, shape.name) in UNENFORCED:
        return
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield "enum", path, value, f"Member must satisfy enum value set: [{', '.join(enum[:30])}]"
    yield from _length(shape, value, path)
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled and not compiled.fullmatch(value):
        yield "pattern", path, value, f"Member must satisfy regular expression pattern: {pattern}"


_CLASSES = {r"\p{L}": "A-Za-z\u00aa-\uffff", r"\p{Z}": r"\s", r"\p{N}": "0-9", r"\p{M}": "\u0300-\u036f",
            r"\p{S}": "$+<=>^`|~", r"\p{P}": "!-/:-@\\[-`{-~", r"\p{Graph}": "!-~", r"\p{Alnum}": "A-Za-z0-9",
            r"\p{Print}": " -~", r"\p{ASCII}": "\\x00-\\x7f", r"\p{Lower}": "a-z", r"\p{Alpha}": "A-Za-z"}


@functools.cache
def _compiled(pattern):
    """The pattern in Python's dialect, or None where it has none: then it is not held."""
    text = re.sub(r"(\\[wds]|\\p\{\w+\})-(?=[^\]])", r"\1\\-", pattern)  # a hyphen after a class is itself
    text = text.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff")
    text = text.replace("\ud800\udc00-\udbff\udfff", "\U00010000-\U0010ffff").replace(r"\x{10FFFF}", "\U0010ffff")
    for name, members in _CLASSES.items():
        text = text.replace(name, members).replace(name.replace("{", "").replace("}", ""), members)
    text = re.sub(r"\\x\{([0-9A-Fa-f]+)\}", lambda m: chr(int(m.group(1), 16)), text)
    try:
        return re.compile(text, re.DOTALL)
    except (re.error, RecursionError, OverflowError):
        return None
