"""The part of CBOR (RFC 8949) that the rpc-v2-cbor protocol uses, both ways."""

import datetime
import struct

_BREAK = object()


def decode(data):
    """The value that a CBOR document holds; timestamps (tag 1) become aware datetimes."""
    return _Decoder(data).value()


class _Decoder:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def length(self, info):
        if info < 24:
            return info
        if info == 31:
            return None
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def until_break(self):
        while (item := self.value()) is not _BREAK:
            yield item

    def value(self):
        head = self.take(1)[0]
        major, info = head >> 5, head & 31
        if major == 7:
            return self.simple(info)
        count = self.length(info)
        if major == 0:
            return count
        if major == 1:
            return -1 - count
        if major in (2, 3):
            raw = self.take(count) if count is not None else None
            if raw is None:
                parts = list(self.until_break())
                return (b"" if major == 2 else "").join(parts)
            return raw if major == 2 else raw.decode()
        if major == 4:
            return [self.value() for _ in range(count)] if count is not None else list(self.until_break())
        if major == 5:
            if count is not None:
                return {self.value(): self.value() for _ in range(count)}
            return {key: self.value() for key in self.until_break()}
        inner = self.value()
        return datetime.datetime.fromtimestamp(inner, datetime.timezone.utc) if count == 1 else inner

    def simple(self, info):
        if info in (20, 21):
            return info == 21
        if info in (22, 23):
            return None
        if info == 31:
            return _BREAK
        size, code = {25: (2, ">e"), 26: (4, ">f"), 27: (8, ">d")}[info]
        return struct.unpack(code, self.take(size))[0]


def encode(value):
    """The CBOR document of a value of dicts, lists, texts, bytes, numbers, booleans and datetimes."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, str):
        raw = value.encode()
        return _head(3, len(raw)) + raw
    if isinstance(value, (bytes, bytearray)):
        return _head(2, len(value)) + bytes(value)
    if isinstance(value, datetime.datetime):
        return b"\xc1" + encode(value.timestamp())
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(encode(str(k)) + encode(v) for k, v in value.items())
    return _head(4, len(value)) + b"".join(encode(v) for v in value)


def _head(major, count):
    if count < 24:
        return bytes([major << 5 | count])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if count < 1 << (8 * size):
            return bytes([major << 5 | info]) + count.to_bytes(size, "big")
    raise ValueError("number too large for CBOR")
