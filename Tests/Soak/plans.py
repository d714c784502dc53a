"""Exchanges at random, each of its own seed: the same seed makes the same exchange."""

import dataclasses
import gzip
import json
import random

import transformations
from transformations import Content
from wire import Sending

DEPLOYMENTS = ["sidecar", "module"]
# How the exchange gets its transformation, and in which body mode.
MODES = {
    "sidecar": ["BUFFERED", "BUFFERED_PARTIAL", "STREAMED", "FULL_DUPLEX_STREAMED", "NONE", "route"],
    "module": ["filter", "route"]}
# Filters of a listener; "ours" is what is soaked.
CHAINS = {
    "alone": ["ours"],
    "small-buffers": ["ours"],
    "buffer-in-front": ["buffer", "ours"],
    "buffer-behind": ["ours", "buffer"],
    "lua-in-front": ["lua", "ours", "header-mutation"],
    "lua-behind": ["header-mutation", "ours", "lua"],
    "compressor-in-front": ["compressor", "ours"],
    "decompressor-in-front": ["decompressor", "ours"],
    "twice": ["ours", "second"],
    # A second filter by the other deployment.
    "both-deployments": ["ours", "other"],
    "both-deployments-in-front": ["other", "ours"]}
# Where routes lead: the upstream itself, or a listener in front of it that speaks HTTP/2.
UPSTREAMS = {"upstream": 75, "upstream-http2": 25}

KINDS = {"right": 60, "pipelined": 10, "cut": 10, "deaf": 8, "half-closed": 4}
# What an upstream does with one try.
FAULTS = ["503", "503 at once", "reset", "reset at once"]
LARGE_BYTES = 512 << 10
# Of the listener with the chain small-buffers.
SMALL_BUFFER_BYTES = 64 << 10


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """What the upstream does. answer, early, broken-off, and those of FAULTS."""
    name: str
    # Seconds before it reads on, and before it answers.
    reading_pause: float = 0.0
    delay: float = 0.0


@dataclasses.dataclass(frozen=True)
class Plan:
    seed: str
    exchange_id: str
    kind: str
    deployment: str
    chain: str
    mode: str
    transformation: str
    retries: bool
    # By HTTP/2 to the listener that is soaked.
    is_http2: bool
    method: str
    headers: tuple[tuple[str, str], ...]
    content: Content
    is_gzipped: bool
    sending: Sending
    # Of a client that goes away: after so many bytes of the body.
    stop_after: int | None
    # Seconds until a deaf client goes.
    patience: float
    behaviours: tuple[Behaviour, ...]
    answer_headers: tuple[tuple[str, str], ...]
    answer: Content
    answering: Sending

    @property
    def path(self) -> str:
        route = transformations.route_name(self.mode, self.transformation, self.retries)
        return f"/{route}/{self.exchange_id}"

    @property
    def sent_body(self) -> bytes:
        return gzip.compress(self.content.body, 1) if self.is_gzipped else self.content.body

    @property
    def may_be_answered_unread(self) -> bool:
        """A new body that needs nothing of the old one may go on before its end."""
        return self.transformation == "replace"

    @property
    def may_be_over_buffer(self) -> bool:
        """Envoy may refuse it, or a body may go on unread; where exactly the limit is, is Envoy's affair."""
        # In the mode BUFFERED it buffers, too, until the sidecar says that nobody reads the body.
        is_buffered = self.transformation in transformations.READING_REQUESTS or (
            self.deployment == "sidecar" and self.mode in ("BUFFERED", "route"))
        return self.chain == "small-buffers" and is_buffered and (
            max(len(self.content.body), len(self.answer.body)) > SMALL_BUFFER_BYTES // 2)

    def unread(self) -> "Plan":
        """The same where no transformation knows what the bodies are."""
        return dataclasses.replace(
            self, content=Content("text", self.content.body), answer=Content("text", self.answer.body))

    @property
    def is_large(self) -> bool:
        return len(self.content.body) + len(self.answer.body) > LARGE_BYTES

    def __str__(self) -> str:
        def told(content: Content, sending: Sending) -> str:
            return (f"{content.kind} of {len(content.body)} ({sending.framing}, pieces of {sending.piece}, "
                    f"pause {sending.pause:.3f}{', trailers' if sending.trailers else ''})")

        last = self.behaviours[-1]
        return (f"{self.deployment} {self.chain} {self.path}{' by HTTP/2' if self.is_http2 else ''} to "
                f"{dict(self.headers)['x-soak-cluster']}: {self.kind}, "
                f"{self.method} {told(self.content, self.sending)}, stops after {self.stop_after}; upstream "
                f"{' / '.join(each.name for each in self.behaviours)} (reads {last.reading_pause:.3f}, "
                f"delay {last.delay:.3f}), {told(self.answer, self.answering)}")


def _make_text() -> str:
    """What bodies are cut from: with all that JSON escapes, and letters of one to four bytes."""
    letters = random.Random("text")
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789      \n\t\"\\/<>&{}[]:,%'\u0001\u007f\u00e9\u00df\u2028\u20ac"
    block = "".join(letters.choices(f"{alphabet}\U0001f600", k=1 << 16))
    return block * 130


TEXT = _make_text()
TEXT_SIZE_MAX = 6 << 20


def make(seed: str, exchange_id: str) -> Plan:
    """Of a seed that ends with /short no body has megabytes; one with /pipelined is of that kind."""
    dice, marks = random.Random(seed), seed.split("/")
    large = "short" not in marks
    deployment = dice.choice(DEPLOYMENTS)
    chain = dice.choice([*CHAINS, "alone", "alone"])
    mode = dice.choice(MODES[deployment] + ["BUFFERED"] * 2 * (deployment == "sidecar"))
    kind = dice.choices(list(KINDS), KINDS.values())[0] if "pipelined" not in marks else "pipelined"
    names = transformations.NAMES if mode in ("BUFFERED", "route", "filter") else ["headers"]
    if mode == "BUFFERED_PARTIAL":
        # What trailers follow is a part there, and the decompressor adds some; parts over the buffer can hang.
        names = ["headers"] if chain in ("decompressor-in-front", "small-buffers") else ["headers", "read"]
    transformation = dice.choice(names)
    may_retry = _may_retry(mode, chain)
    behaviours = _behaviours(dice, kind, may_retry)
    content, answer = _content(dice, exchange_id, True, large), _content(dice, exchange_id, False, large)
    if behaviours[-1].name == "broken off" and answer.kind == "none":
        answer = Content("text", f"{exchange_id} is never ended".encode())
    answering = _sending(dice, answer, is_request=False)
    if behaviours[-1].name == "broken off" and answering.framing == "close":
        # There Envoy takes a reset for the end.
        answering = dataclasses.replace(answering, framing="length")
    is_gzipped = chain == "decompressor-in-front" and content.kind != "none" and dice.random() < 0.7
    sending = _sending(dice, content, is_request=True)
    if not _may_have_trailers(mode, chain):
        sending = dataclasses.replace(sending, trailers=())
        answering = dataclasses.replace(answering, trailers=())
    size = len(content.body)
    stop_after = None
    if kind == "cut":
        if content.kind == "none":
            content = Content("text", f"{exchange_id} is never ended".encode())
            sending, size, is_gzipped = Sending("length"), len(content.body), False
        stop_after = min(dice.choice([0, 1, size // 2, size - 1]), size - 1) if not is_gzipped else 5
    return Plan(
        seed=seed, exchange_id=exchange_id, kind=kind, deployment=deployment, chain=chain,
        mode=mode,
        transformation=transformation, retries=len(behaviours) > 1 or dice.random() < 0.2 and may_retry,
        is_http2=dice.random() < 0.3 and kind != "pipelined",
        method="GET" if content.kind == "none" and dice.random() < 0.7 else "POST",
        headers=_request_headers(dice, chain, exchange_id, content, is_gzipped), content=content,
        is_gzipped=is_gzipped, sending=sending, stop_after=stop_after,
        patience=dice.choice([0, 0.001, 0.02, 0.3]), behaviours=behaviours,
        answer_headers=_answer_headers(dice, exchange_id, answer), answer=answer,
        answering=answering)


def _may_retry(mode: str, chain: str) -> bool:
    # In these modes a try can get the body twice where trailers follow it (docs/troubleshooting.md); what does not fit
    # into Envoy's buffer is not tried again.
    return mode not in ("FULL_DUPLEX_STREAMED", "BUFFERED_PARTIAL") and chain != "small-buffers"


def _may_have_trailers(mode: str, chain: str) -> bool:
    # What keeps the body behind this filter gets it twice there (docs/troubleshooting.md).
    return mode != "BUFFERED_PARTIAL" and (mode != "FULL_DUPLEX_STREAMED" or chain != "buffer-behind")


def _behaviours(dice: random.Random, kind: str, may_retry: bool) -> tuple[Behaviour, ...]:
    def behaviour(name: str) -> Behaviour:
        slow = dice.random() < 0.15
        return Behaviour(name, dice.choice([0.001, 0.01]) if slow else 0, dice.choice([0, 0, 0, 0.01, 0.2]))

    chance = dice.random()
    if kind in ("right", "pipelined") and chance < 0.2 and may_retry:
        return (*(behaviour(dice.choice(FAULTS)) for _ in range(dice.choice([1, 1, 2]))), behaviour("answer"))
    if kind == "right" and chance < 0.36:
        return (behaviour(dice.choice(["early", "broken off", *FAULTS])),)
    return (behaviour("answer"),)


def _size(dice: random.Random, large: bool) -> int:
    span = dice.choices([0, 1, 100, 1 << 12, 1 << 16, 1 << 20, TEXT_SIZE_MAX], [4, 4, 30, 30, 25, 4, 2])[0]
    if not large:
        span = min(span, 1 << 17)
    return dice.randrange(span // 4, span + 1)


def _content(dice: random.Random, exchange_id: str, is_request: bool, large: bool) -> Content:
    kind = dice.choices(["none", "json", "text", "broken"], [15, 60, 20, 5])[0]
    if kind == "none":
        return Content("none")
    size = _size(dice, large)
    start = dice.randrange(1 << 16)
    # The exchange's name at both ends: bytes of another one are noticed wherever they stand.
    text = f"{exchange_id}:{TEXT[start:start + size]}:{exchange_id}"
    if kind == "text":
        # A byte alone, too; then only the headers have the name.
        return Content("text", dice.choice(["x", "\n"]).encode() if size == 1 else text.encode())
    if is_request:
        fields = {"id": exchange_id, "model": dice.choice(["gpt-4o", "claude", "gemini-2"]), "payload": text}
    else:
        fields = {"id": exchange_id, "usage": {"total_tokens": dice.randrange(1 << 30)}, "text": text}
    if dice.random() < 0.3:
        fields["more"] = [1, -2.5e300, None, True, {"": [[]]}]
    names = list(fields)
    dice.shuffle(names)
    fields = {name: fields[name] for name in names}
    body = json.dumps(
        fields, ensure_ascii=dice.random() < 0.3, indent=dice.choice([None, None, 2]),
        separators=dice.choice([None, (",", ":")])).encode()
    if kind == "broken":
        return Content("broken", body[:-1] + dice.choice([b"", b",}", b"]"]))
    return Content("json", body, fields)


def _sending(dice: random.Random, content: Content, is_request: bool) -> Sending:
    size = len(content.body)
    if content.kind == "none":
        framing = "none" if is_request else "length"
    else:
        framing = dice.choice(["length", "length", "chunked"] + ["close"] * (not is_request))
    # At most some dozens of pieces: how long an exchange takes is bounded.
    piece = dice.choice([1 << 20, max(1, size // dice.randrange(1, 40)), max(1, size // 3)])
    pause = dice.choice([0.001, 0.005, 0.03]) if dice.random() < 0.3 else 0.0
    trailers = (("x-trailer", "at the end"),) if framing == "chunked" and dice.random() < 0.3 else ()
    return Sending(framing, piece, pause, trailers)


def _request_headers(dice, chain, exchange_id, content, is_gzipped) -> tuple[tuple[str, str], ...]:
    headers = [("host", "soak.test"), ("x-soak-id", exchange_id)]
    headers.append(("x-soak-cluster", dice.choices(list(UPSTREAMS), UPSTREAMS.values())[0]))
    if content.content_type:
        headers.append(("content-type", content.content_type))
    if is_gzipped:
        headers.append(("content-encoding", "gzip"))
    if chain == "compressor-in-front" and dice.random() < 0.7:
        headers.append(("accept-encoding", "gzip"))
    headers += [("x-soak-in", f"{exchange_id} {number}") for number in range(dice.choice([0, 1, 1, 3]))]
    if dice.random() < 0.3:
        headers.append(("x-debug", exchange_id))
    if dice.random() < 0.1:
        headers += [(f"x-filler-{number}", f"{exchange_id} " + "f" * dice.randrange(1, 400)) for number in range(60)]
    return tuple(headers)


def _answer_headers(dice, exchange_id, answer) -> tuple[tuple[str, str], ...]:
    headers = [("x-of", exchange_id), ("x-up", f"up {exchange_id}")]
    if answer.content_type:
        headers.append(("content-type", answer.content_type))
    if dice.random() < 0.3:
        headers.append(("x-internal", exchange_id))
    headers += [("set-cookie", f"c{number}={exchange_id}") for number in range(dice.choice([0, 0, 2]))]
    return tuple(headers)
