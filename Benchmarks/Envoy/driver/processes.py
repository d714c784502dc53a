"""Starts what is measured, on its processors, and sees to it that nothing outlives the run."""

import ctypes
import os
import re
import signal
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


class BenchError(Exception):
    """Said to the user as it is."""


class Processors:
    """Envoy has a processor to itself, so that its cost does not depend on where the others run; from three on, the
    ext_proc server has one too. Clients and upstream share the rest."""

    def __init__(self):
        cores = sorted(os.sched_getaffinity(0))
        self.is_pinned = len(cores) > 1
        self.envoy = {cores[0]}
        self.server = {cores[1]} if self.is_pinned else set(cores)
        self.others = set(cores[2:]) if len(cores) > 2 else self.server

    def __str__(self):
        if not self.is_pinned:
            return "one processor, shared by all"
        parts = [("Envoy", self.envoy), ("ext_proc server", self.server), ("client and upstream", self.others)]
        return "; ".join(f"{name} on {','.join(map(str, sorted(cores)))}" for name, cores in parts)


class Process:
    """One process in the background: it runs in `folder`, and its output is in a file there."""

    def __init__(self, name: str, command: list, folder: Path, cores: set, environment: dict | None = None):
        self.name = name
        self.log = folder / f"{name}.log"
        parent = os.getpid()

        def prepare():
            # It ends when the driver does, however that happens.
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)
            os.sched_setaffinity(0, cores)

        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                [str(part) for part in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, preexec_fn=prepare, env=os.environ | (environment or {}))

    @property
    def pid(self) -> int:
        return self.child.pid

    def await_line(self, pattern: str, seconds: float = 30) -> re.Match:
        """The first match in its output."""
        return self.wait_for(lambda: re.search(pattern, self.log.read_text(errors="replace"), re.M), pattern, seconds)

    def wait_for(self, condition, what: str, seconds: float = 30):
        deadline = time.monotonic() + seconds
        while True:
            result = condition()
            if result:
                return result
            if self.child.poll() is not None:
                raise BenchError(f"{self.name} ended before it was ready:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise BenchError(f"{self.name}: {what}: not within {seconds} s:\n{self.tail()}")
            time.sleep(0.02)

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-15:]) + f"\n(all of it: {self.log})"

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
        raise BenchError(f"{self.name}: no Rss in smaps_rollup")

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
