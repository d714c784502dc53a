"""AWS's event stream, application/vnd.amazon.eventstream."""

import json
import struct
import zlib

STRING = 7


def message(event, payload):
    """One event with a JSON payload: prelude, its CRC, headers, payload, CRC of all."""
    headers = b"".join(
        _header(name, value) for name, value in
        ((":message-type", "event"), (":event-type", event), (":content-type", "application/json")))
    body = json.dumps(payload).encode()
    length = 12 + len(headers) + len(body) + 4
    prelude = struct.pack(">II", length, len(headers))
    start = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return start + struct.pack(">I", zlib.crc32(start))


def _header(name, value):
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", STRING, len(value)) + value.encode()
