"""The transformations of the soak, and what each must make of a message, computed here by itself."""

import dataclasses
import json

# The longest body of a plan is shorter; a body that is read is waited for up to this.
BODY_BYTES_MAX = 16 << 20

READING_REQUESTS = {"read", "rewrite", "text"}
READING_RESPONSES = {"read", "rewrite", "text"}
NAMES = ["headers", "read", "rewrite", "text", "replace"]


def transformations(version: str) -> dict:
    """By name. What each does says the version, so that no exchange can mix two."""
    tagged = {"name": "x-version", "value": version}
    request = {
        "set": [tagged, {"name": "x-copy", "value": "{{ header('x-soak-in') }}"}],
        "add": [{"name": "x-many", "value": "{{ header('x-soak-id') }}"}], "remove": ["x-debug"]}
    response = {
        "set": [tagged, {"name": "x-back", "value": "{{ header('x-up') }}/{{ request_header('x-soak-id') }}"}],
        "remove": ["x-internal"]}
    parsed, text = {"parseAs": "AsJson"}, {"value": f"[{version}:{{{{ body() }}}}]"}

    def also_set(direction: dict, name: str, value: str) -> dict:
        return {**direction, "set": [*direction["set"], {"name": name, "value": value}]}

    return {
        "headers": {"request": request, "response": response},
        "read": {
            "request": {**also_set(request, "x-model", "{{ model }}"), "body": parsed},
            "response": {**also_set(response, "x-tokens", "{{ usage.total_tokens }}"), "body": parsed}},
        "rewrite": {
            "request": {**request, "body": {**parsed, "value": (
                f'{{"v":"{version}","id":{{{{ to_json(id) }}}},"model":{{{{ to_json(model | upper) }}}},'
                '"payload":{{ to_json(payload) }}}')}},
            "response": {**response, "body": {**parsed, "value": (
                f'{{"v":"{version}","text":{{{{ to_json(text) }}}},"of":{{{{ to_json(id) }}}}}}')}}},
        "text": {"request": {**request, "body": text}, "response": {**response, "body": text}},
        "replace": {
            "request": {**request, "body": {"value": f"{version} asks {{{{ header('x-soak-id') }}}}"}},
            "response": {**response, "body": {"value": f"{version} answers {{{{ request_header('x-soak-id') }}}}"}}},
    }


def file(version: str, modes: list[str]) -> dict:
    """A whole configuration file: routes are named MODE/TRANSFORMATION/TRIES."""
    return {
        "limits": {"bodyBytes": BODY_BYTES_MAX},
        "transformations": transformations(version),
        "routes": {route_name(mode, name, retries): name
                   for mode in modes for name in NAMES for retries in (False, True)}}


def route_name(mode: str, transformation: str, retries: bool) -> str:
    return f"{mode}/{transformation}/{'retries' if retries else 'once'}"


@dataclasses.dataclass(frozen=True)
class Content:
    """A body and what it is: none, json, text, or broken, which says that it is JSON and is not."""
    kind: str
    body: bytes = b""
    # Of JSON.
    fields: dict | None = None

    @property
    def content_type(self) -> str | None:
        return {"none": None, "text": "text/plain"}.get(self.kind, "application/json")


@dataclasses.dataclass
class State:
    """A message on its way through the filters."""
    headers: dict[str, list[str]]
    body: bytes
    content: Content
    # The status and the reason of a refusal in its place.
    refusal: tuple[int, str] | None = None

    def set(self, name: str, value: str):
        if value:
            self.headers[name] = [value]
        else:
            self.headers.pop(name, None)


def compact(value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def apply_to_request(name: str, version: str, exchange_id: str, state: State):
    state.set("x-version", version)
    state.set("x-copy", ",".join(state.headers.get("x-soak-in", [])))
    state.headers.setdefault("x-many", []).append(exchange_id)
    state.headers.pop("x-debug", None)
    if name in READING_RESPONSES:
        state.headers.pop("accept-encoding", None)
    fields = state.content.fields
    if name in ("read", "rewrite") and state.content.kind == "broken":
        state.refusal = (400, "body_not_json")
    elif name == "read":
        state.set("x-model", fields["model"] if fields else "")
    elif name == "rewrite" and state.content.kind == "text":
        state.refusal = (415, "body_not_json")
    elif name == "rewrite" and fields:
        state.body = (f'{{"v":"{version}","id":{compact(fields["id"])},"model":{compact(fields["model"].upper())},'
                      f'"payload":{compact(fields["payload"])}}}').encode()
    elif name == "text":
        state.body = b"[%s:%s]" % (version.encode(), state.body)
    elif name == "replace":
        state.body = f"{version} asks {exchange_id}".encode()


def apply_to_response(name: str, version: str, exchange_id: str, state: State):
    state.set("x-version", version)
    state.set("x-back", f"{','.join(state.headers.get('x-up', []))}/{exchange_id}")
    state.headers.pop("x-internal", None)
    fields = state.content.fields
    if name == "read":
        state.set("x-tokens", str(fields["usage"]["total_tokens"]) if fields else "")
    elif name == "rewrite" and state.content.kind in ("broken", "text"):
        state.refusal = (502, "body_not_json")
    elif name == "rewrite" and fields:
        state.body = f'{{"v":"{version}","text":{compact(fields["text"])},"of":{compact(fields["id"])}}}'.encode()
    elif name == "text":
        state.body = b"[%s:%s]" % (version.encode(), state.body)
    elif name == "replace":
        state.body = f"{version} answers {exchange_id}".encode()
