"""The numbers as rows of text, for the page and for Markdown."""

from .figures import Figures
from .measurement import PERCENTILES, Load
from .plan import CLOSED_16, CLOSED_64
from .svg import duration


def percentile(value: float | None) -> str:
    return "–" if value is None else duration(value / 1000)


def micros(value: float) -> str:
    return f"{value:.1f}"


def latency_rows(figures: Figures, workload: str, available: list, loads: list[Load]) -> tuple[list, list]:
    head = ["deployment", "load", "requests/s"] + [f"p{percent:g}" for percent in PERCENTILES] + [
        "Envoy CPU, µs", "server CPU, µs"]
    rows = []
    for load in loads:
        for deployment in available:
            if not figures.has(workload, deployment.name, load.name):
                continue
            key = (workload, deployment.name, load.name)
            histogram = figures.latency(*key)
            server = figures.cpu(workload, deployment.name, "server", load.name)
            rows.append(
                [deployment.title, load.title, f"{figures.throughput(*key):,.0f}"]
                + [percentile(histogram.percentile(percent)) for percent in PERCENTILES]
                + [micros(figures.cpu(workload, deployment.name, "envoy", load.name)), micros(server) if server else ""])
    return head, rows


def summary_rows(figures: Figures, available: list, workload: str) -> tuple[list, list]:
    """For the README: one workload at 16 connections."""
    head = ["", "p50", "p99", "requests/s", "against no filter", "Envoy CPU, µs", "added", "server CPU, µs"]
    rows = []
    for deployment in available:
        if not figures.has(workload, deployment.name):
            continue
        histogram = figures.latency(workload, deployment.name, CLOSED_16)
        server = figures.cpu(workload, deployment.name, "server")
        row = [deployment.title, percentile(histogram.percentile(50)), percentile(histogram.percentile(99)),
               f"{figures.throughput(workload, deployment.name, CLOSED_16):,.0f}"]
        if figures.has(workload, "none"):
            ratio = (figures.throughput(workload, deployment.name, CLOSED_16)
                     / figures.throughput(workload, "none", CLOSED_16))
            added = figures.added_envoy_cpu(workload, deployment.name)
            row += [f"{ratio:.2f}", micros(figures.cpu(workload, deployment.name, "envoy")), f"{added:+.1f}"]
        else:
            row += ["", micros(figures.cpu(workload, deployment.name, "envoy")), ""]
        rows.append(row + [micros(server) if server else ""])
    return head, rows


def stream_rows(figures: Figures, available: list) -> tuple[list, list]:
    head = ["deployment", "first byte p50", "p99", "last byte p50", "p99", "the same at 64 connections: first p50", "last p50"]
    rows = []

    def first(part):
        return part.first_byte

    for deployment in available:
        if not figures.has("stream", deployment.name):
            continue
        row = [deployment.title]
        for load, percents in [(CLOSED_16, (50, 99)), (CLOSED_64, (50,))]:
            begin = figures.histogram("stream", deployment.name, load, first)
            whole = figures.latency("stream", deployment.name, load)
            row += [percentile(histogram.percentile(percent)) for histogram in (begin, whole) for percent in percents]
        rows.append(row)
    return head, rows


def memory_rows(runs: dict, available: list) -> tuple[list, list]:
    head = ["deployment", "requests", "Envoy, MB", "server at the start, MB", "at the end, MB", "growth in the last half, MB"]
    rows = []
    for deployment in available:
        run = runs.get(deployment.name)
        if not run:
            continue
        row = [deployment.title, f"{run.requests:,}", f"{run.envoy_bytes / 1e6:.1f}"]
        if run.server_bytes is not None:
            row += [f"{value / 1e6:.1f}" for value in (run.samples[0][2], run.server_bytes)]
            row += [f"{run.growth_in_last_half / 1e6:+.2f}"]
        rows.append(row + [""] * (len(head) - len(row)))
    return head, rows


def markdown(head: list, rows: list) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
