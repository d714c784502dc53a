"""One slice: one load on one deployment for a short time."""

import csv
import json
import subprocess
from dataclasses import dataclass, field

from .processes import BenchError

PERCENTILES = [50, 90, 99, 99.9]


@dataclass(frozen=True)
class Load:
    """Closed loop, or open where there is a rate."""

    name: str
    title: str
    connections: int
    is_open: bool
    seconds: float


class Histogram:
    """Durations in nanoseconds, in the buckets of Tools/histogram.h; several are added up."""

    def __init__(self, pairs=()):
        self.counts = {}
        self.add(pairs)

    def add(self, pairs):
        for value, count in pairs:
            self.counts[value] = self.counts.get(value, 0) + count

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def percentile(self, percent: float) -> float | None:
        """In nanoseconds; None where there are fewer than ten samples beyond it."""
        total = self.total
        if total * (100 - percent) / 100 < 10:
            return None
        return self.curve([percent])[0]

    def curve(self, percents: list) -> list:
        total, seen, values = self.total, 0, []
        ordered = sorted(self.counts.items())
        position = 0
        for percent in percents:
            wanted = total * percent / 100
            while position < len(ordered) - 1 and seen + ordered[position][1] < wanted:
                seen += ordered[position][1]
                position += 1
            values.append(ordered[position][0])
        return values


@dataclass
class Slice:
    round: int
    workload: str
    deployment: str
    load: str
    requests: int
    seconds: float
    latency: Histogram
    first_byte: Histogram
    #: Nanoseconds of processor time, by process.
    cpu: dict = field(default_factory=dict)

    @property
    def throughput(self) -> float:
        return self.requests / self.seconds

    def cpu_per_request(self, name: str) -> float:
        """Microseconds; 0 for a process that the deployment does not have."""
        return self.cpu.get(name, 0) / self.requests / 1000


def run_load(binary, port, request, answer, header, load_arguments, cpu, cores) -> dict:
    command = [str(binary), "--port", str(port), "--request", str(request), "--answer", str(answer)]
    if header:
        command += ["--answer-header", "=".join(header)]
    command += [str(argument) for argument in load_arguments]
    for name, process in cpu.items():
        command += ["--cpu", f"{name}={process.pid}"]
    result = subprocess.run(
        ["taskset", "--cpu-list", ",".join(map(str, sorted(cores))), *command], capture_output=True, text=True)
    if result.returncode != 0:
        raise BenchError(f"{result.stderr.strip()}\ncommand: {' '.join(command)}")
    return json.loads(result.stdout)


CSV_FIELDS = ["round", "workload", "deployment", "load", "requests", "seconds", "requests_per_second", "p50_us", "p90_us",
              "p99_us", "p99.9_us", "first_byte_p50_us", "envoy_cpu_us", "server_cpu_us"]


def write_slices(path, slices: list[Slice]):
    def cell(value):
        return "" if value is None else f"{value:.2f}"

    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CSV_FIELDS)
        for part in slices:
            percentiles = [part.latency.percentile(percent) for percent in PERCENTILES]
            first = part.first_byte.percentile(50)
            writer.writerow(
                [part.round, part.workload, part.deployment, part.load, part.requests, f"{part.seconds:.4f}",
                 cell(part.throughput)]
                + [cell(value / 1000 if value is not None else None) for value in [*percentiles, first]]
                + [cell(part.cpu_per_request("envoy")), cell(part.cpu_per_request("server"))])
