"""What is sent through Envoy, how it is to be changed, and what must arrive."""

import json
from dataclasses import dataclass, field
from pathlib import Path

BODIES = Path(__file__).resolve().parents[2] / "Bodies"
MODEL = "claude-haiku-4"
DONOR = "north-3"
EVENT_COUNT = 20
EVENT_MICROSECONDS = 1000

MODEL_TO_HEADER = {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-model", "value": "{{ model }}"}]}
REBUILT_BODY = (
    '{"model":"{{ model }}","count":{{ messages|length }},"messages":[{% for m in messages %}'
    '{"role":"{{ m.role }}","text":"{{ raw_string(m.content) }}"}{% if not loop.last %},{% endif %}{% endfor %}]}'
)
TWO_HEADERS = {
    "request": {
        "set": [
            {"name": "x-receiver", "value": "{{ request_header('x-donor') }}"},
            {"name": "x-static", "value": "yes"},
        ]
    }
}


@dataclass(frozen=True, eq=False)
class Workload:
    name: str
    title: str
    #: The configuration of the sidecar and of the module.
    transformation: dict
    #: The request's body; empty: a GET.
    body: bytes
    #: Header of the request as it must arrive when it was transformed.
    headers: dict
    #: The body as it must arrive when it was transformed; None: as it was sent.
    new_body: bytes | None = None
    #: The response is streamed, and gets the header below.
    is_streamed: bool = False
    #: Header of the response when it was transformed.
    response_header: tuple | None = None
    #: Requests a second in the open loop.
    rate: int = 0
    #: What Lua does for the same; None: it is not asked to.
    lua: str | None = None
    #: Envoy's header_mutation can do it.
    is_for_header_mutation: bool = False
    #: A template reads the body.
    reads_body: bool = field(default=False)

    def request(self, check: int) -> bytes:
        """The bytes that the client sends; `check` tells the upstream what must arrive."""
        method, path = ("POST", "/v1/chat/completions") if self.body else ("GET", "/v1/models")
        lines = [
            f"{method} {path}?check={check} HTTP/1.1",
            "host: api.example.com",
            "user-agent: benchmark/1",
            "accept: application/json",
            "authorization: Bearer 0123456789abcdef0123456789abcdef",
            f"x-donor: {DONOR}",
            "x-team: search",
        ]
        if self.body:
            lines += ["content-type: application/json", f"content-length: {len(self.body)}"]
        return "\r\n".join(lines + ["", ""]).encode() + self.body


def read(name: str) -> bytes:
    return (BODIES / name).read_bytes()


LUA_HEADERS = """
function envoy_on_request(handle)
  local headers = handle:headers()
  headers:replace("x-receiver", headers:get("x-donor"))
  headers:replace("x-static", "yes")
end
"""
# Envoy's Lua has no JSON: a pattern is what its users write.
LUA_MODEL = """
function envoy_on_request(handle)
  local body = handle:body()
  local model = string.match(body:getBytes(0, body:length()), '"model"%s*:%s*"([^"]*)"')
  handle:headers():replace("x-model", model)
end
"""
LUA_STREAM = LUA_MODEL + """
function envoy_on_response(handle)
  handle:headers():replace("x-gateway", "bench")
end
"""

ALL = [
    Workload(
        name="headers", title="headers only", transformation=TWO_HEADERS, body=b"",
        headers={"x-receiver": DONOR, "x-static": "yes"}, rate=4000, lua=LUA_HEADERS, is_for_header_mutation=True,
    ),
    Workload(
        name="chat-1k", title="1 kB JSON to header", transformation={"request": MODEL_TO_HEADER},
        body=read("chat-825.json"), headers={"x-model": MODEL}, rate=4000, lua=LUA_MODEL, reads_body=True,
    ),
    Workload(
        name="chat-27k", title="27 kB JSON to header", transformation={"request": MODEL_TO_HEADER},
        body=read("chat-27k.json"), headers={"x-model": MODEL}, rate=1000, lua=LUA_MODEL, reads_body=True,
    ),
    Workload(
        name="rebuilt", title="1 kB body rebuilt",
        transformation={
            "request": {
                "body": {"parseAs": "AsJson", "value": REBUILT_BODY},
                "set": [{"name": "x-model", "value": "{{ model }}"}],
            }
        },
        body=read("chat-825.json"), headers={"x-model": MODEL}, new_body=read("chat-825-rebuilt.json"), rate=4000,
        reads_body=True,
    ),
    Workload(
        name="stream", title="streamed completion",
        transformation={
            "request": MODEL_TO_HEADER,
            "response": {"set": [{"name": "x-gateway", "value": "bench"}]},
        },
        body=read("chat-825.json"), headers={"x-model": MODEL}, is_streamed=True,
        response_header=("x-gateway", "bench"), rate=500, lua=LUA_STREAM, reads_body=True,
    ),
]

GROWTH_BYTES = [1_000, 16_000, 64_000, 256_000, 1_000_000]


def growing(byte_count: int, is_read: bool) -> Workload:
    """A chat request with one long message. Where it is not read, only headers are transformed."""
    empty = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": ""}]})
    words = "The kitchen tap drips, and the seller called it a ceramic disc tap. "
    room = byte_count - len(empty)
    content = (words * (room // len(words) + 1))[:room]
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": content}]}).encode()
    assert len(body) == byte_count
    what = "read" if is_read else "passed"
    return Workload(
        name=f"{what}-{byte_count}", title=f"{byte_count:,} bytes {what}", body=body, reads_body=is_read,
        transformation={"request": MODEL_TO_HEADER} if is_read else TWO_HEADERS,
        headers={"x-model": MODEL} if is_read else {"x-receiver": DONOR, "x-static": "yes"},
    )


ANSWER = json.dumps(
    {
        "id": "chatcmpl-123", "object": "chat.completion", "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Replace the rubber seat."},
                     "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 6, "total_tokens": 126},
    }
).encode()


def events() -> bytes:
    """The streamed answer: one event for each token, and the end."""
    parts = [
        json.dumps({"id": "chatcmpl-123", "object": "chat.completion.chunk", "model": MODEL,
                    "choices": [{"index": 0, "delta": {"content": f" token{index}"}}]})
        for index in range(EVENT_COUNT - 1)
    ] + ["[DONE]"]
    return "".join(f"data: {part}\n\n" for part in parts).encode()
