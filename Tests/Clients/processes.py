"""Starts programs, waits for what they do, and ends them."""

import os
import pathlib
import signal
import subprocess
import time

WAIT_SECONDS_MAX = 30
POLL_SECONDS = 0.02


class Failure(Exception):
    """The set-up is broken; no case could say anything."""


def wait_until(what, probe, seconds=WAIT_SECONDS_MAX):
    """The first true result of probe(). OSError counts as not yet."""
    end = time.monotonic() + seconds
    while True:
        try:
            if result := probe():
                return result
        except OSError:
            pass
        if time.monotonic() > end:
            raise Failure(f"waited {seconds} seconds in vain: {what}")
        time.sleep(POLL_SECONDS)


class Program:
    def __init__(self, name, arguments, folder, environment=None):
        self.name = name
        self.log_file = pathlib.Path(folder, f"{name}.log")
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **(environment or {})})

    def wait_until(self, what, probe):
        def probe_living():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with {self.process.returncode}:\n{self.log()}")
            return probe()

        try:
            return wait_until(f"{self.name} {what}", probe_living)
        except Failure as failure:
            raise Failure(f"{failure}\n{self.log()}") from None

    def log(self):
        return self.log_file.read_text(errors="replace")[-4000:]

    def is_alive(self):
        return self.process.poll() is None

    def stop(self):
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
