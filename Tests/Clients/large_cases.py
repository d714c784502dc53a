"""Bodies longer than 1 MiB, which is Envoy's buffer limit where nobody says otherwise, and what is waited for where a
length is declared: who only reads lets them pass. The sidecar's listeners may hold 4 MiB, and what declares no length
it reads."""

import json

import answers
import connection_cases
from cases import case
from openai_cases import client, raw
from setups import SIDECAR


@case("OpenAI: a file over 1 MiB")
def large_file(place):
    return client(place).files.content("file-1").read()


@case("OpenAI: a completion over 1 MiB with its length")
def large(place):
    return raw(place, user="large")


@case("OpenAI: a completion over 1 MiB without its length", module_from=38)
def large_without_length(place):
    seen = raw(place, user="large-without-length")
    if place.deployment == SIDECAR and seen["headers"].get("x-tokens") == "12":
        del seen["headers"]["x-tokens"]
    elif place.deployment == SIDECAR:
        seen["x-tokens"] = "not set, though Envoy's buffer holds the body"
    return seen


@case("OpenAI: a prompt over 1 MiB", is_read=False)
def large_prompt(place):
    return client(place).chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "ü" * (answers.LARGE_BYTES // 2)}]).model_dump()


@case("HTTP: a request over 1 MiB without its length", is_read=None, module_from=38)
def large_pieces(place):
    body = json.dumps({"model": "gpt-4o-mini", "messages": ["x" * answers.LARGE_BYTES]}).encode()
    answer = connection_cases.client(place).post(
        "/v1/chat/completions", content=(body[start:start + 50_000] for start in range(0, len(body), 50_000)),
        headers={"content-type": "application/json"})
    return [answer.status_code, answer.json()]
