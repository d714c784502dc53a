"""What the upstreams got, and when they may go on."""

import dataclasses
import threading

GATE_SECONDS_MAX = 5


@dataclasses.dataclass
class Request:
    method: str
    path: str
    headers: list
    body: bytes
    # "good" or "bad" where there was a signature of AWS.
    signature: str | None = None

    def header(self, name):
        values = [value for key, value in self.headers if key == name]
        return ",".join(values) if values else None


class Gate:
    """A stream's first part is sent at once, the rest when the client has seen the first."""

    def __init__(self):
        self._opened = threading.Event()
        self.was_in_time = True

    def open(self):
        self._opened.set()

    def pass_through(self):
        """In a thread of the upstream. Goes on in any case, so that the failure is told by what the client says."""
        if not self._opened.wait(GATE_SECONDS_MAX):
            self.was_in_time = False


class Recorder:
    """Shared by all upstreams; one case runs at a time."""

    def __init__(self):
        self._lock = threading.Lock()
        self.begin()

    def begin(self, answer=None, gzips=False):
        """A new case. answer: in place of what the path stands for."""
        with self._lock:
            self._requests = []
            self.gate, self.answer, self.gzips = Gate(), answer, gzips

    def add(self, request):
        with self._lock:
            self._requests.append(request)

    def requests(self):
        with self._lock:
            return list(self._requests)
