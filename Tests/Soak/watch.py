"""Memory, descriptors, counters and logs of all processes."""

import asyncio
import os
import re
import statistics

from exchanges import Wrong
from gateways import Gateways, wait_for

GROWTH_SECONDS_MIN = 240
GROWTH_MAX = 0.10
GROWTH_BYTES_MAX = 8 << 20
FATAL = re.compile(rb"panic|assert|fatal error|segmentation|Caught signal|critical|backtrace", re.IGNORECASE)


class Watch:
    def __init__(self, gateways: Gateways, interval: float):
        self._gateways, self._interval = gateways, interval
        # By process: seconds, bytes of memory, descriptors.
        self.samples: dict[str, list[tuple[float, int, int]]] = {}

    def _watched(self) -> dict[str, int]:
        pids = {"sidecar": self._gateways.steady.pid}
        return pids | {envoy.program.name: envoy.pid for envoy in self._gateways.envoys.values()}

    async def run(self, is_over):
        begin = asyncio.get_running_loop().time()
        while not is_over():
            self._gateways.check_alive()
            seconds = asyncio.get_running_loop().time() - begin
            for name, pid in self._watched().items():
                self.samples.setdefault(name, []).append(
                    (seconds, _resident_bytes(pid), len(os.listdir(f"/proc/{pid}/fd"))))
            await asyncio.sleep(self._interval)

    def growth_faults(self) -> list[str]:
        """The last fifth of the time against the second one; the first is to warm up, and a short run all warm-up."""
        if max(each[-1][0] for each in self.samples.values()) < GROWTH_SECONDS_MIN:
            return []
        faults = []
        for name in self.samples:
            for what, early, late, more in (
                    ("memory", *self._fifths(name, 1), GROWTH_BYTES_MAX), ("descriptors", *self._fifths(name, 2), 16)):
                if late > early * (1 + GROWTH_MAX) + more:
                    faults.append(f"{name}: {what} grew from {early:.0f} to {late:.0f}")
        return faults

    def _fifths(self, name: str, column: int) -> tuple[float, float]:
        samples = self.samples[name]
        end = samples[-1][0]
        second = [each[column] for each in samples if end / 5 <= each[0] < end * 2 / 5] or [samples[0][column]]
        last = [each[column] for each in samples if each[0] >= end * 4 / 5]
        return statistics.median(second), statistics.median(last)

    def lines(self) -> list[str]:
        lines = []
        for name in self.samples:
            (early, late), (few, many) = self._fifths(name, 1), self._fifths(name, 2)
            lines.append(f"{name:<16} memory {early / (1 << 20):7.1f} -> {late / (1 << 20):7.1f} MiB"
                         f"   descriptors {few:.0f} -> {many:.0f}")
        return lines

    async def wait_for_rest(self):
        """Nothing is left of exchanges when the clients are gone."""
        for envoy in self._gateways.envoys.values():
            try:
                await wait_for("nothing is left", lambda: not _left(envoy))
            except Wrong:
                raise Wrong(f"{envoy.program.name}: when the clients are gone, there is {_left(envoy)}") from None
        for sidecar in (self._gateways.steady, self._gateways.rolling):
            await wait_for(
                f"{sidecar.name}: no stream is left", lambda: not sidecar.metric("swiftformations_streams_open"))

    def counter_faults(self) -> list[str]:
        faults = self._sidecar_faults()
        for envoy in self._gateways.envoys.values():
            stats = envoy.stats()
            if stats.get("server.live") != 1:
                faults.append(f"{envoy.program.name}: server.live is {stats.get('server.live')}")
            faults += [f"{envoy.program.name}: {name} is {value}" for name, value in stats.items()
                       if value and re.search(FORBIDDEN, name)]
            asked = sum(value for name, value in stats.items() if name.endswith("ext_proc.stream_msgs_sent"))
            told = sum(value for name, value in stats.items() if name.endswith("ext_proc.stream_msgs_received"))
            # Of an exchange that ends early the last answers are not waited for.
            if not asked * 0.5 <= told <= asked:
                faults.append(f"{envoy.program.name}: {told} answers of ext_proc to {asked} messages")
        return faults

    def _sidecar_faults(self) -> list[str]:
        faults = []
        for sidecar in (self._gateways.steady, self._gateways.rolling):
            for name, without in SIDECAR_FORBIDDEN.items():
                if count := sidecar.metric(f"swiftformations_{name}", without):
                    faults.append(f"{sidecar.name}: {name} is {count:.0f}")
        return faults

    def log_faults(self) -> list[str]:
        faults = []
        for log in self._gateways.folder.glob("**/*.log"):
            faults += [f"{log.name}: {line.decode(errors='replace')}" for line in log.read_bytes().splitlines()
                       if FATAL.search(line)][:5]
        return faults


# Nothing of a right run: answers that nobody asked for, and time-outs that a slow machine does not reach.
FORBIDDEN = (r"ext_proc\.(spurious_msgs_received|message_timeouts|streams_failed|rejected_header_mutations|"
             r"failure_mode_allowed|clear_route_cache_disabled)$|dropped_overflow|rq_overload|"
             r"upstream_rq_pending_overflow|downstream_rq_(idle_)?timeout$|swiftformations\.configuration_faults|"
             # Bodies that are no JSON are refused, and left unread where they do not say that they are.
             r"swiftformations\.(failures|refusals)\.reason\.(?!body_not_json)|"
             r"swiftformations\.skipped\.reason\.(?!content_type|body_too_long)")
# With the label of what may be.
SIDECAR_FORBIDDEN = {
    "failures_total": 'reason="body_not_json"', "skipped_total": 'reason="content_type"',
    "filter_mismatches": "no label", "streams_refused_total": "no label", "connections_refused_total": "no label",
    "accepts_failed_total": "no label"}


def _left(envoy) -> dict[str, int]:
    # Behind the front listeners are connections that Envoy keeps; the admin endpoint has the one that asks.
    active = r"^(cluster|http)\..*(down|up)stream_rq_(pending_)?active$|^http\.front-.*\.downstream_cx_active$"
    return {name: value for name, value in envoy.stats(active).items() if value and ".admin." not in name}


def _resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
