"""How the resident memory of Envoy and of the ext_proc server develops under many requests."""

import threading
import time
from dataclasses import dataclass

from .stage import Pair, Stage

SAMPLE_SECONDS = 0.5
CONNECTIONS = 64


@dataclass
class MemoryRun:
    deployment: str
    requests: int
    #: (seconds since the start, Envoy's bytes, the server's bytes or None)
    samples: list

    @property
    def envoy_bytes(self) -> int:
        return self.samples[-1][1]

    @property
    def server_bytes(self) -> int | None:
        return self.samples[-1][2]

    @property
    def growth_in_last_half(self) -> int | None:
        """How much more the server holds at the end than in the middle."""
        if self.server_bytes is None:
            return None
        return self.server_bytes - self.samples[len(self.samples) // 2][2]


def measure(stage: Stage, pair: Pair, requests: int) -> MemoryRun:
    server = stage.server_of(pair[0])
    samples = []
    started = time.monotonic()
    is_over = threading.Event()

    def sample():
        samples.append(
            (time.monotonic() - started, stage.envoy.resident_bytes(), server.resident_bytes() if server else None))

    def watch():
        while not is_over.wait(SAMPLE_SECONDS):
            sample()

    watcher = threading.Thread(target=watch)
    sample()
    watcher.start()
    try:
        stage.load(pair, ["--connections", CONNECTIONS, "--requests", requests])
    finally:
        is_over.set()
        watcher.join()
    sample()
    return MemoryRun(pair[0].name, requests, samples)
