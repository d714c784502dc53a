"""An exchange while it runs, and what must come of it."""

import dataclasses
import gzip
import time

import transformations
from plans import CHAINS, Plan
from transformations import Content, State
from wire import Received, Sending

# Envoy's own, and those of one connection. Lengths are compared with what came.
ENVOYS = {"x-forwarded-proto", "x-request-id", "x-forwarded-for", "date", "server", "vary", "connection", "keep-alive",
          "transfer-encoding", "content-length", "te", "trailer"}
COMPRESSED_BYTES_MIN = 30


class Wrong(Exception):
    """Something that may not be: the run ends with it."""


@dataclasses.dataclass
class Exchange:
    plan: Plan
    # What the upstream got, try by try.
    tries: list[Received] = dataclasses.field(default_factory=list)
    # The client went away by itself.
    is_given_up: bool = False
    # Versions that it may have: the oldest by number.
    oldest: int = 0
    # What happened, for people.
    events: list[str] = dataclasses.field(default_factory=list)

    def note(self, event: str):
        self.events.append(f"{time.strftime('%H:%M:%S')} {event}")

    def wrong(self, text: str) -> Wrong:
        events = "".join(f"\n    {event}" for event in self.events)
        return Wrong(f"{text}\n  {self.plan}{events}\n  to repeat it: --repeat '{self.plan.seed}'")


def lines(headers: list[tuple[str, str]]) -> dict[str, list[str]]:
    by_name: dict[str, list[str]] = {}
    for name, value in headers:
        if name not in ENVOYS and not name.startswith("x-envoy-"):
            by_name.setdefault(name, []).append(value)
    return by_name


def expected_request(plan: Plan, version: str) -> State:
    """As the upstream gets it, or a refusal."""
    state = State(lines(list(plan.headers)), plan.content.body, plan.content)
    for filter_name in CHAINS[plan.chain]:
        if filter_name == "ours":
            transformations.apply_to_request(plan.transformation, version, plan.exchange_id, state)
            if state.refusal:
                return state
        else:
            _pass_neighbour(filter_name, state, plan)
    return state


def fault_of(plan: Plan, expected_of, version: str, what: str, message: Received) -> str | None:
    """expected_of: expected_request or expected_response. What comes of a message that broke off is a part."""
    headers, body = plain(message) if what == "the answer" else (lines(message.headers), bytes(message.body))
    faults = []
    for each in [plan, plan.unread()] if plan.may_be_over_buffer else [plan]:
        expected = expected_of(each, version)
        if expected.refusal:
            faults.append(f"{what} came, and is to be refused with {expected.refusal}")
            continue
        if not message.is_whole:
            expected.body = expected.body[:len(body)]
        faults.append(difference(what, expected, headers, body))
    return faults[0] if all(faults) else None


def _pass_neighbour(name: str, state: State, plan: Plan):
    if name == "header-mutation":
        state.set("x-mutated", "request")
    elif name == "lua":
        state.set("x-lua", f"read {len(state.body)}")
    elif name in ("second", "other"):
        state.set("x-second", plan.exchange_id)
        state.body += b" "
        state.headers.pop("accept-encoding", None)
        if state.content.kind == "none":
            state.content = Content("broken", state.body)
    elif name == "decompressor" and plan.is_gzipped:
        state.headers.pop("content-encoding", None)


def expected_response(plan: Plan, version: str) -> State:
    """As the client gets it, decompressed, or a refusal."""
    state = State(lines(list(plan.answer_headers)), plan.answer.body, plan.answer)
    for filter_name in reversed(CHAINS[plan.chain]):
        if filter_name == "ours":
            transformations.apply_to_response(plan.transformation, version, plan.exchange_id, state)
            if state.refusal:
                return state
        elif filter_name == "header-mutation":
            state.set("x-mutated", "response")
        elif filter_name == "lua":
            state.set("x-lua", f"read {len(state.body)}")
        elif filter_name in ("second", "other"):
            state.set("x-second", plan.exchange_id)
            state.body += b" "
            if state.content.kind == "none":
                state.content = Content("broken", state.body)
    return state


def plain(answer: Received) -> tuple[dict[str, list[str]], bytes]:
    """Headers and body, gzip undone."""
    headers, body = lines(answer.headers), bytes(answer.body)
    if headers.get("content-encoding") == ["gzip"]:
        del headers["content-encoding"]
        body = gzip.decompress(body)
    return headers, body


def difference(what: str, expected: State, headers: dict[str, list[str]], body: bytes) -> str | None:
    if expected.headers != headers:
        return f"{what}: " + "; ".join(
            f"{name}: expected {expected.headers.get(name)}, got {headers.get(name)}"
            for name in sorted({*expected.headers, *headers}) if expected.headers.get(name) != headers.get(name))
    if expected.body != body:
        at = next((index for index, (one, other) in enumerate(zip(expected.body, body)) if one != other),
                  min(len(expected.body), len(body)))
        around = slice(max(0, at - 20), at + 60)
        return (f"{what}: the body differs at byte {at}: expected {len(expected.body)} bytes "
                f"…{expected.body[around]!r}…, got {len(body)} bytes …{body[around]!r}…")
    return None


def trailer_fault(sending: Sending, received: Received) -> str | None:
    """HTTP/1 has them behind chunks alone; a new body may have a length in their place."""
    expected = list(sending.trailers) if received.values("transfer-encoding") else []
    # Envoy's decompressor adds some.
    trailers = [each for each in received.trailers if not each[0].endswith("compressed-bytes")]
    if trailers != expected:
        return f"expected the trailers {expected}, got {trailers}"
    return None
