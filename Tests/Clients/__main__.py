"""Runs client libraries through Envoy without us and with both deployments, and compares. `make clients` runs it.

  python Tests/Clients --program FILE --module FILE --envoy FILE... [--only TEXT]
"""

import argparse
import dataclasses
import logging
import os
import pathlib
import sys
import tempfile
import threading
import time
import traceback

import cases
import comparing
from processes import Failure
from setups import MODULE, SIDECAR, WITHOUT, Place, Setups, Upstreams

# Each registers its cases.
import anthropic_cases  # noqa: F401
import aws_cases  # noqa: F401
import connection_cases  # noqa: F401
import google_cases  # noqa: F401
import grpc_cases  # noqa: F401
import large_cases  # noqa: F401
import mcp_cases  # noqa: F401
import openai_cases  # noqa: F401

CASE_SECONDS_MAX = 30
RUN_SECONDS_MAX = 300


@dataclasses.dataclass
class Unexpected:
    """A case ended with an error that it does not know."""
    error: str


class Report:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def add(self, name, fault):
        if fault is None:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {name}: {fault}", flush=True)


def observe(case, place):
    """What client and upstream saw, and the requests as they came."""
    recorder = place.recorder
    recorder.begin(case.answer, case.gzips)
    try:
        client = case.run(place)
    except Failure:
        raise
    except BaseException as error:  # noqa: BLE001: also the groups of anyio
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        client = Unexpected(" ".join(traceback.format_exception_only(error)).strip())
    requests = recorder.requests()
    return {"client": client, "upstream": comparing.upstream(requests, case.is_concurrent)}, requests


def fault_of(case, place, baseline):
    seen, requests = observe(case, place)
    if case.expected is not None:
        seen["requests"] = len(requests)
        return comparing.difference(case.expected, {key: seen[key] for key in case.expected})
    if case.tokens is not None:
        headers = seen["client"].get("headers", {}) if isinstance(seen["client"], dict) else {}
        if (actual := headers.pop("x-tokens", None)) != case.tokens:
            return f"x-tokens: expected {case.tokens!r}, actual {actual!r}"
    return comparing.difference(baseline, seen) or next(comparing.header_faults(requests, case.is_read), None)


def run(options, report, setups, upstreams):
    chosen = [case for case in cases.ALL if not options.only or options.only in case.name]
    for program in options.envoy:
        version, envoy = setups.start_envoy(program, upstreams)
        started = time.monotonic()
        for case in chosen:
            baseline = None
            if case.expected is None:
                baseline, _ = observe(case, Place(WITHOUT, envoy.ports[WITHOUT], upstreams.recorder))
                if isinstance(baseline["client"], Unexpected):
                    report.add(f"{version} {WITHOUT} us: {case.name}", baseline["client"].error)
                    continue
            for deployment in (SIDECAR, MODULE):
                if deployment == MODULE and int(version.split(".")[1]) < case.module_from:
                    continue
                place = Place(deployment, envoy.ports[f"{deployment}-{case.at}"], upstreams.recorder)
                report.add(f"{version} {deployment}: {case.name}", fault_of(case, place, baseline))
                for log in setups.dead():
                    raise Failure(f"{version} {deployment}: {case.name}: {log}")
        if options.verbose:
            print(f"{version}: {time.monotonic() - started:.1f} s", file=sys.stderr)


def give_up():
    print(f"FAILED: not done after {RUN_SECONDS_MAX} seconds", flush=True)
    os._exit(1)


def main():
    parser = argparse.ArgumentParser(prog="clients")
    parser.add_argument("--program", required=True, help="the built swiftformations")
    parser.add_argument("--module", required=True, help="the linked module")
    parser.add_argument("--envoy", required=True, nargs="+", help="Envoys that are passed through")
    parser.add_argument("--only", help="cases whose name has this in it")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    logging.disable(logging.CRITICAL)

    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        setups = Setups(options.program, options.module, pathlib.Path(folder))
        # Programs end with their parent's exit, too.
        watch = threading.Timer(RUN_SECONDS_MAX, lambda: (setups.stop(), give_up()))
        watch.daemon = True
        watch.start()
        try:
            upstreams = Upstreams()
            run(options, report, setups, upstreams)
        except Failure as failure:
            report.add("the set-up", str(failure))
        finally:
            setups.stop()
            watch.cancel()
    print(f"{report.passed} passed, {report.failed} failed", flush=True)
    # Threads of the libraries may still wait for what does not come any more.
    os._exit(1 if report.failed else 0)


main()
