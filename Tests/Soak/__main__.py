"""Exchanges of all kinds through Envoy and both deployments, while everything around them changes. `make soak` runs it.

  python Tests/Soak --program FILE --module FILE --envoy FILE [--minutes NUMBER] [--seed TEXT]
"""

import argparse
import asyncio
import os
import pathlib
import random
import signal
import sys
import tempfile
import time
import traceback

from changes import Changes
from clients import Client
from exchanges import Wrong
from gateways import Failure, Gateways
from tally import Tally
from upstream import Upstream
from versions import Versions
from watch import Watch

CLIENTS = 24
# Exchanges with long bodies at the same time.
LARGE_MAX = 3
SAMPLE_SECONDS_MAX = 5
CHANGE_SECONDS_MAX = 6
# With --go-on.
FAULTS_MAX = 100


class Soak:
    def __init__(self, options, folder: pathlib.Path):
        self._options, self._folder = options, folder
        self._tally, self._versions = Tally(), Versions()
        self._faults: list[str] = []
        # What comes when all is cancelled is no fault.
        self._upstream = Upstream(self._versions, lambda fault: self._has_failed() or self._add(fault))
        self._gateways = Gateways(options, folder, self._versions)
        self._seconds = options.minutes * 60
        self._watch = Watch(self._gateways, min(SAMPLE_SECONDS_MAX, self._seconds / 60))
        self._end = 0.0
        self._work: asyncio.Future | None = None
        self._is_interrupted = False

    def _add(self, fault):
        self._faults.append(str(fault))
        print(f"FAILED {fault}", flush=True)
        print(f"  done before: {', '.join(self._tally.changes)}", flush=True)
        if self._has_failed() and self._work:
            # Nobody waits for what may never come.
            self._work.cancel()

    def interrupt(self, task: asyncio.Task):
        if not self._is_interrupted:
            self._is_interrupted = True
            task.cancel()

    def _has_failed(self) -> bool:
        return len(self._faults) > (FAULTS_MAX if self._options.go_on else 0)

    def _is_over(self) -> bool:
        return time.monotonic() > self._end or self._has_failed()

    def _client(self, name: str, large: asyncio.Semaphore) -> Client:
        return Client(
            name, self._options.seed, self._gateways.ports, self._upstream, self._versions, self._tally, large)

    async def run(self) -> list[str]:
        try:
            await self._upstream.start()
            await self._gateways.start(self._upstream.port)
            self._end = time.monotonic() + self._seconds
            if self._options.repeat:
                await self._repeat()
            else:
                await self._soak()
        except (Wrong, Failure) as fault:
            self._add(fault)
        except asyncio.CancelledError:
            asyncio.current_task().uncancel()
            self._add("interrupted")
        finally:
            ends = await asyncio.to_thread(self._gateways.stop)
            # A terminal's interrupt goes to all of them.
            for fault in [] if self._is_interrupted else ends:
                self._add(fault)
            await self._upstream.stop()
        for fault in self._watch.log_faults():
            self._add(fault)
        return self._faults

    async def _repeat(self):
        client = self._client("again", asyncio.Semaphore(LARGE_MAX))
        for _ in range(self._options.times):
            try:
                await client.repeat(self._options.repeat)
            except Wrong as fault:
                self._add(fault)
            if self._is_over():
                return

    async def _soak(self):
        large = asyncio.Semaphore(LARGE_MAX)
        pause = min(CHANGE_SECONDS_MAX, self._seconds / 40)
        changes = Changes(self._gateways, self._tally, self._options.seed, pause)
        work = [self._client(f"c{number}", large).run for number in range(CLIENTS)]
        work += [self._watch.run] + [changes.run] * (not self._options.still)
        self._work = asyncio.gather(*(self._guarded(each) for each in work))
        try:
            await self._work
        except asyncio.CancelledError:
            if self._is_interrupted:
                raise
        if self._has_failed():
            return
        await self._watch.wait_for_rest()
        for fault in await asyncio.to_thread(self._watch.counter_faults):
            self._add(fault)
        for fault in self._watch.growth_faults():
            self._add(fault)

    async def _guarded(self, work):
        while not self._is_over():
            try:
                await work(self._is_over)
            except Wrong as fault:
                self._add(fault)
            except Exception:  # noqa: BLE001: the others are to end in their order
                self._add(traceback.format_exc())

    def summary(self) -> str:
        lines = ["", f"{'exchanges':<28}{'sidecar':>10}{'module':>10}"]
        for kind in sorted({kind for _, kind in self._tally.exchanges}):
            counts = [self._tally.exchanges[deployment, kind] for deployment in ("sidecar", "module")]
            lines.append(f"{kind:<28}{counts[0]:>10}{counts[1]:>10}")
        lines.append("")
        lines += [f"{what:<48}{count:>12}" for what, count in sorted(self._tally.counts.items())]
        return "\n".join([*lines, "", *self._watch.lines(), ""])


def read_options():
    parser = argparse.ArgumentParser(prog="soak")
    parser.add_argument("--program", required=True, help="the built swiftformations")
    parser.add_argument("--module", required=True, help="the linked module")
    parser.add_argument("--envoy", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", default=str(random.randrange(1 << 32)), help="of a run that is to be the same")
    parser.add_argument("--repeat", help="one exchange alone, by the seed that a failure tells")
    parser.add_argument("--times", type=int, default=1, help="how often")
    parser.add_argument("--still", action="store_true", help="nothing is changed meanwhile")
    parser.add_argument("--go-on", action="store_true", help="do not stop at the first failure")
    parser.add_argument("--keep", help="a folder for logs, left there")
    return parser.parse_args()


async def main() -> int:
    options = read_options()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.keep or temporary)
        folder.mkdir(exist_ok=True)
        soak = Soak(options, folder)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, soak.interrupt, asyncio.current_task())
        faults = await soak.run()
    print(soak.summary())
    print(f"FAILED: {len(faults)} faults; the first: {faults[0]}" if faults else "OK", flush=True)
    return 1 if faults else 0


for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]
sys.exit(asyncio.run(main()))
