"""How a case is written. Those in the modules *_cases register themselves."""

import dataclasses
from collections.abc import Callable

ALL = []


@dataclasses.dataclass
class Case:
    name: str
    # Given a Place; what the client saw, as values that can be compared.
    run: Callable
    # Which configuration stands in between.
    at: str = "reading"
    # x-tokens with us, where the case notes response headers.
    tokens: str | None = None
    # What client and upstream see with us, instead of the same as without.
    expected: dict | None = None
    answer: object = None
    gzips: bool = False
    # Whether every body with a model can be read, so that x-model is set. None: where Envoy's buffer holds it.
    is_read: bool | None = True
    # The first Envoy, by its minor version, in which the module can do it: older ones do not tell it their buffer limit.
    module_from: int = 0
    # Whether the upstream's requests come in an order that the client does not decide.
    is_concurrent: bool = False


def case(name, **options):
    def register(run):
        ALL.append(Case(name, run, **options))
        return run

    return register


def stream(place, events, view=lambda event: event):
    """All events in order, and whether the first came while the rest was held back."""
    seen = []
    for event in events:
        place.gate.open()
        seen.append(view(event))
    return {"events": seen, "first event before the rest": place.gate.was_in_time}


def error(kind, call):
    """What a refusal is for the client: the class of its error, and what is noted of it. Another error is let out."""
    try:
        result = call()
    except kind as raised:
        return raised
    return AssertionError(f"no error, but {result!r}")


def told(raised, *names):
    """The class and some attributes of an error."""
    return {"error": type(raised).__name__, **{name: getattr(raised, name, None) for name in names}}


# Of the hop, of the clock, or counted anew in each answer.
HOP_HEADERS = {"date", "server", "x-envoy-upstream-service-time", "content-length", "transfer-encoding", "connection"}


def headers(answer_headers):
    """A response's headers, those that tell of the message."""
    return {name.lower(): value for name, value in answer_headers.items() if name.lower() not in HOP_HEADERS}
