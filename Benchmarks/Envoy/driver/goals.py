"""The numbers to reach, as ratios and differences within one run, and whether they were reached."""

from dataclasses import dataclass

from .figures import Figures, slope
from .memory import MemoryRun
from .plan import CLOSED_16, CLOSED_64
from .workloads import GROWTH_BYTES

MEMORY_BYTES_MAX = 20_000_000
#: Growth that is still flat: pages that the allocator takes and gives back.
MEMORY_GROWTH_BYTES_MAX = 250_000


@dataclass(frozen=True)
class Verdict:
    what: str
    value: float
    limit: float
    is_minimum: bool
    unit: str

    @property
    def is_met(self) -> bool:
        return self.value >= self.limit if self.is_minimum else self.value <= self.limit

    @property
    def texts(self) -> list[str]:
        bound = "at least" if self.is_minimum else "at most"
        return [self.what, f"{self.value:.2f}{self.unit}", f"{bound} {self.limit:g}{self.unit}",
                "met" if self.is_met else "MISSED"]


def at_most(what, value, limit, unit="") -> Verdict:
    return Verdict(what, value, limit, False, unit)


def at_least(what, value, limit, unit="") -> Verdict:
    return Verdict(what, value, limit, True, unit)


def module_goals(figures: Figures) -> list[Verdict]:
    pairs = [("headers", "headers only", "floor_module", "does nothing", 1.2),
             ("chat-1k", "1 kB JSON to header", "floor_module_buffers", "only buffers", 2.0)]
    result = [
        at_most(f"module, {title}: Envoy CPU per request over the C module that {does}",
                figures.added_envoy_cpu(workload, "module", floor), limit, " µs")
        for workload, title, floor, does, limit in pairs
    ]
    return result + [
        at_least(f"module, {title}: throughput at 16 connections against the C module that {does}",
                 throughput(figures, workload, "module", floor, CLOSED_16), 0.97)
        for workload, title, floor, does, _ in pairs
    ]


def throughput(figures: Figures, workload: str, one: str, other: str, load: str) -> float:
    return figures.throughput(workload, one, load) / figures.throughput(workload, other, load)


def sidecar_goals(figures: Figures) -> list[Verdict]:
    one, floor = "sidecar", "floor_ext_proc"
    result = []
    for workload, title in [("headers", "headers only"), ("chat-1k", "1 kB JSON to header")]:
        medians = [figures.latency(workload, name, CLOSED_16).percentile(50) for name in (one, floor)]
        result += [
            at_most(f"sidecar, {title}: p50 at 16 connections against the C floor", medians[0] / medians[1], 1.10),
            at_most(f"sidecar, {title}: CPU per request against the C floor's",
                    figures.cpu(workload, one, "server") / figures.cpu(workload, floor, "server"), 2.0),
            at_least(f"sidecar, {title}: throughput at 16 connections against the C floor",
                     throughput(figures, workload, one, floor, CLOSED_16), 0.92),
            at_least(f"sidecar, {title}: throughput at 64 connections against the C floor",
                     throughput(figures, workload, one, floor, CLOSED_64), 0.92),
        ]
    return result


def memory_goals(run: MemoryRun) -> list[Verdict]:
    return [
        at_most(f"sidecar: resident memory after {run.requests:,} requests at 64 connections",
                run.server_bytes / 1e6, MEMORY_BYTES_MAX / 1e6, " MB"),
        at_most("sidecar: growth of that in the last half", run.growth_in_last_half / 1e6, MEMORY_GROWTH_BYTES_MAX / 1e6,
                " MB"),
    ]


def growth_goals(figures: Figures, copy_ns_per_byte: float, deployment: str, floor: str) -> list[Verdict]:
    def added(byte_count: int, what: str, base: str) -> float:
        return figures.added_cost(f"{what}-{byte_count}", deployment, f"read-{byte_count}", base)

    passed = [(byte_count, 1000 * added(byte_count, "passed", "none")) for byte_count in GROWTH_BYTES]
    # Over the floor, which moves the same bytes and reads none: Envoy's own growth is not ours.
    read = {byte_count: added(byte_count, "read", floor) / byte_count for byte_count in GROWTH_BYTES}
    return [
        at_most(f"{deployment}: cost of a body's byte that nothing reads, in copies of a byte",
                slope(passed) / copy_ns_per_byte, 1.2),
        at_most(f"{deployment}: cost over the floor of a byte that is read, at 1 MB against 64 kB",
                read[1_000_000] / read[64_000], 1.25),
    ]


def verdicts(figures: Figures, memory: dict[str, MemoryRun], copy_ns_per_byte: float) -> list[Verdict]:
    result = []
    has_module = figures.has("headers", "module")
    if has_module:
        result += module_goals(figures)
    result += sidecar_goals(figures) + memory_goals(memory["sidecar"])
    if has_module:
        result += growth_goals(figures, copy_ns_per_byte, "module", "floor_module_buffers")
    return result + growth_goals(figures, copy_ns_per_byte, "sidecar", "floor_ext_proc")
