"""Checks a signature of AWS, version 4, as the service does: by what arrived."""

import hashlib
import hmac
import re
import urllib.parse

ACCESS_KEY, SECRET_KEY, REGION, SERVICE = "AKIDEXAMPLE", "secret-of-the-tests", "us-east-1", "bedrock"

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), ?SignedHeaders=(?P<signed>[^,]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})")


def verdict(request):
    """"good", "bad", or None without a signature."""
    match = AUTHORIZATION.fullmatch(request.header("authorization") or "")
    if not match:
        return None
    expected = _signature(request, match["scope"], match["signed"].split(";"))
    return "good" if hmac.compare_digest(expected, match["signature"]) else "bad"


def _signature(request, scope, signed):
    path, _, query = request.path.partition("?")
    payload = hashlib.sha256(request.body).hexdigest()
    if (request.header("x-amz-content-sha256") or payload) != payload:
        return "0" * 64
    canonical = "\n".join((
        request.method, urllib.parse.quote(path, safe="/-_.~"), "&".join(sorted(query.split("&"))),
        "".join(f"{name}:{' '.join((request.header(name) or '').split())}\n" for name in signed),
        ";".join(signed), payload))
    text = "\n".join((
        "AWS4-HMAC-SHA256", request.header("x-amz-date") or "", scope,
        hashlib.sha256(canonical.encode()).hexdigest()))
    key = b"AWS4" + SECRET_KEY.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()
