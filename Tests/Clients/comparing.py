"""Compares a run with us with one without, or with what is expected."""

import json
import re

# Other in each call, or of the connection.
CHANGING = {
    "x-request-id", "idempotency-key", "amz-sdk-invocation-id", "amz-sdk-request", "x-amz-date", "authorization",
    "mcp-session-id", "host", "x-model", "x-debug", "accept-encoding", "x-envoy-internal"}
BOUNDARY = re.compile(rb"boundary=\"?([^\";]+)")


def upstream(requests, is_concurrent):
    """What the upstream got, without what changes in each call."""
    seen = [_request(request) for request in requests]
    return sorted(seen, key=repr) if is_concurrent else seen


def _request(request):
    body, headers = request.body, [pair for pair in request.headers if pair[0] not in CHANGING]
    if match := BOUNDARY.search((request.header("content-type") or "").encode()):
        body = body.replace(match[1], b"BOUNDARY")
        headers = [(name, value.replace(match[1].decode(), "BOUNDARY")) for name, value in headers]
    return {
        "method": request.method, "path": request.path, "headers": dict(sorted(headers)), "body": body,
        "signature": request.signature}


def header_faults(requests, is_read):
    """What the example promises of the upstream's headers."""
    for request in requests:
        at = f"{request.method} {request.path}"
        expected = model(request) if is_read else None
        if is_read is not None and request.header("x-model") != expected:
            yield f"{at}: x-model: expected {expected!r}, actual {request.header('x-model')!r}"
        for name in ("x-debug", "accept-encoding"):
            if request.header(name) is not None:
                yield f"{at}: {name}: expected None, actual {request.header(name)!r}"


def model(request):
    content_type = (request.header("content-type") or "application/json").partition(";")[0].strip()
    if content_type != "application/json" and not content_type.endswith("+json"):
        return None
    try:
        value = json.loads(request.body)
    except ValueError:
        return None
    return value.get("model") if isinstance(value, dict) else None


def difference(expected, actual, place=""):
    """The first difference in one line; None when there is none."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            if found := difference(expected.get(key), actual.get(key), f"{place}.{key}"):
                return found
        return None
    if isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        for number, (one, other) in enumerate(zip(expected, actual)):
            if found := difference(one, other, f"{place}[{number}]"):
                return found
        if len(expected) != len(actual):
            return f"{place}: expected {len(expected)} elements, actual {len(actual)}: {_short(actual)}"
        return None
    return None if expected == actual else f"{place}: expected {_short(expected)}, actual {_short(actual)}"


def _short(value):
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:200]}… ({len(text)} characters)"
