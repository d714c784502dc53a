"""Counts the instructions that the sidecar spends on an exchange, and fails when they are more than a limit.

The real server runs under valgrind's callgrind, and a peer sends it what Envoy sends, in lockstep, so that the count is the
same from run to run, whatever else the machine does. The cost of one exchange is the difference between runs that differ in
nothing but their number. `make cost` runs it."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

from envoy_peer import BUFFERED, NONE, STREAMED, EnvoyPeer, body_message, field, headers_message

HERE = Path(__file__).resolve().parent
CHAT = HERE.parent / "Bodies/chat-825.json"
MODEL = "claude-haiku-4"
#: Exchanges of each case in every run, so that nothing is done for the first time in those that count.
WARM_UP = 200
COUNTED = 500
CHUNKS = 20
START_SECONDS = 60

HEADERS = [
    (":authority", "api.example.com"), (":path", "/v1/chat/completions"), (":method", "POST"), (":scheme", "http"),
    ("user-agent", "benchmark/1"), ("accept", "application/json"), ("authorization", "Bearer 0123456789abcdef0123456789abcdef"),
    ("x-donor", "north-3"), ("content-type", "application/json"), ("content-length", "825"), ("x-forwarded-proto", "http"),
    ("x-request-id", "6f9a1e0c-5a1e-4c8b-9d3f-2b7c1a9e4d55"),
]
CONFIGURATION = {
    "transformations": {
        "default": {"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-model", "value": "{{ model }}"}]}},
    }
}
HEADERS_CONFIGURATION = {
    "transformations": {
        "default": {"request": {"set": [
            {"name": "x-receiver", "value": "{{ request_header('x-donor') }}"}, {"name": "x-static", "value": "yes"}]}},
    }
}


def set_headers(**headers) -> bytes:
    """A HeadersResponse or BodyResponse that overwrites these headers: append false, OVERWRITE_IF_EXISTS_OR_ADD."""
    options = b"".join(
        field(1, field(1, field(1, name.replace("_", "-").encode()) + field(3, value.encode())) + field(2, b"") + b"\x18\x02")
        for name, value in headers.items())
    return field(1, field(2, options))


class Case:
    def __init__(self, name: str, title: str, configuration: dict, run):
        self.name, self.title, self.configuration, self.run = name, title, configuration, run


def run_headers(peer: EnvoyPeer):
    peer.exchange([headers_message(HEADERS, NONE, True)], field(1, set_headers(x_receiver="north-3", x_static="yes")))


def run_chat(peer: EnvoyPeer):
    messages = [headers_message(HEADERS, BUFFERED, False), body_message(CHAT.read_bytes(), True)]
    peer.exchange(messages, field(3, set_headers(x_model=MODEL)))


def run_chunks(peer: EnvoyPeer):
    """Parts of a streamed body that nothing reads; each is answered with nothing."""
    messages = [headers_message(HEADERS, STREAMED, False)] + [body_message(b"x" * 1000, False)] * CHUNKS
    peer.exchange(messages, field(3, field(1, b"")))


CASES = [
    Case("stream", "an HTTP/2 stream without messages", HEADERS_CONFIGURATION, EnvoyPeer.empty_exchange),
    Case("headers", "an exchange: one message, two headers set", HEADERS_CONFIGURATION, run_headers),
    Case("chat", "an exchange: two messages, 825 bytes of JSON, one header set", CONFIGURATION, run_chat),
    Case("chunks", f"an exchange: {CHUNKS + 1} messages, a streamed body that nothing reads", HEADERS_CONFIGURATION, run_chunks),
]


def instructions(
        sidecar: Path, case: Case, count: int, folder: Path, profile: Path = Path("/dev/null")) -> int:
    """Of a whole run of the server with `count` exchanges. Callgrind's profile of it, with symbols, goes to `profile`."""
    (folder / "configuration.json").write_text(json.dumps(case.configuration))
    log, errors, path = folder / "callgrind.log", folder / "server.log", folder / "s"
    # Swift's hashes start from a random number otherwise.
    environment = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1"}
    with open(errors, "wb") as output:
        server = subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--log-file={log}", "--demangle=no", f"--callgrind-out-file={profile}",
             str(sidecar), "serve", "--threads", "1", "--config", str(folder / "configuration.json"), "--listen", f"unix:{path}"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
    try:
        await_socket(server, path, errors)
        peer = EnvoyPeer(str(path))
        for _ in range(count):
            case.run(peer)
        server.send_signal(signal.SIGTERM)
        peer.socket.close()
        server.wait(START_SECONDS)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    match = re.search(r"Collected : (\d+)", log.read_text())
    if server.returncode != 0 or not match:
        raise RuntimeError(f"the server ended with {server.returncode}:\n{log.read_text()}{errors.read_text()}")
    return int(match[1])


def await_socket(server: subprocess.Popen, path: Path, errors: Path):
    deadline = time.monotonic() + START_SECONDS
    while not path.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start:\n{errors.read_text()}")
        time.sleep(0.02)


def read_limits() -> dict:
    lines = [line.split() for line in (HERE / "limits.txt").read_text().splitlines() if line and not line.startswith("#")]
    return {name: int(limit) for name, limit in lines}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sidecar", type=Path, help="the release binary")
    with tempfile.TemporaryDirectory(prefix="sidecar-cost.") as name:
        return check(parser.parse_args().sidecar, Path(name))


def check(sidecar: Path, folder: Path) -> int:
    # Debian 12's valgrind cannot read the debugging information of newer compilers.
    stripped = folder / "swiftformations"
    subprocess.run(["strip", "--strip-debug", "-o", str(stripped), str(sidecar)], check=True)
    limits = read_limits()
    is_within = True
    for case in CASES:
        few = instructions(stripped, case, WARM_UP, folder)
        many = instructions(stripped, case, WARM_UP + COUNTED, folder)
        cost = round((many - few) / COUNTED)
        is_over = cost > limits[case.name]
        is_within = is_within and not is_over
        print(f"{case.name:8} {cost:8,} instructions, at most {limits[case.name]:,}{': TOO MANY' if is_over else ''}"
              f"  ({case.title})", flush=True)
    if not is_within:
        print("The sidecar spends more than its limits in Benchmarks/SidecarCost/limits.txt. To see where:\n"
              "  valgrind --tool=callgrind swiftformations serve ...    and callgrind_annotate", file=sys.stderr)
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
