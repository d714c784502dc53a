"""Which plots the page has."""

import math

from . import svg
from .figures import Figures
from .goals import MEMORY_BYTES_MAX
from .measurement import Load
from .plan import CLOSED_16, GROWTH_PASSED, GROWTH_READ
from .workloads import GROWTH_BYTES, Workload

CURVE = [0.1, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 92, 94, 95, 96, 97, 98, 98.5, 99, 99.2, 99.4, 99.6, 99.8, 99.9, 99.95,
         99.99]
TICKS = [0, 50, 90, 99, 99.9, 99.99]


def nines(percent: float) -> float:
    return -math.log10(1 - percent / 100)


def curve(histogram) -> list:
    """(percentile, microseconds), as far as there are ten requests beyond."""
    percents = [percent for percent in CURVE if histogram.total * (100 - percent) / 100 >= 10]
    return [(percent, value / 1000) for percent, value in zip(percents, histogram.curve(percents))]


def latency_plot(figures: Figures, workload: Workload, available: list, load: Load) -> str:
    lines = []
    for deployment in available:
        if not figures.has(workload.name, deployment.name, load.name):
            continue
        points = curve(figures.latency(workload.name, deployment.name, load.name))
        if points:
            lines.append(svg.Line(deployment.title, deployment.colour, points, not deployment.transforms))
    if not lines:
        return ""
    values = [value for line in lines for _, value in line.points]
    last = max(percent for line in lines for percent, _ in line.points)
    ticks = [tick for tick in TICKS if tick <= last] or [0]
    ticks += [tick for tick in TICKS if tick > last][:1]
    x_axis = svg.Axis("percentile of the requests", nines, ticks, [f"{tick:g}%" for tick in ticks])
    return svg.line_plot(lines, x_axis, svg.logarithmic("latency", values, svg.duration))


def cpu_plot(figures: Figures, workload: Workload, available: list) -> str:
    bars = []
    for deployment in available:
        if figures.has(workload.name, deployment.name):
            parts = [("Envoy", figures.cpu(workload.name, deployment.name, "envoy")),
                     ("server", figures.cpu(workload.name, deployment.name, "server"))]
            bars.append(svg.Bar(deployment.title, deployment.colour, parts))
    return svg.bar_plot(bars, "processor time of a request, µs: Envoy + server", "µs") if bars else ""


def throughput_plot(figures: Figures, workload: Workload, available: list, loads: list[Load]) -> str:
    closed = [load for load in loads if not load.is_open]
    lines = []
    for deployment in available:
        if figures.has(workload.name, deployment.name):
            points = [(load.connections, figures.throughput(workload.name, deployment.name, load.name)) for load in closed]
            lines.append(svg.Line(deployment.title, deployment.colour, points, not deployment.transforms))
    counts = [load.connections for load in closed]
    x_axis = svg.Axis("connections", math.log10, counts, [str(count) for count in counts])
    high = max(value for line in lines for _, value in line.points)
    return svg.line_plot(lines, x_axis, svg.linear("requests a second", high, svg.number))


def growth_plot(figures: Figures, what: str) -> str:
    lines = []
    # Where nothing reads the body, "no filter" has measured the same under its other name.
    listed = GROWTH_READ if what == "read" else [GROWTH_READ[0], *GROWTH_PASSED]
    for deployment in listed:
        name = "read" if deployment.kind == "none" else what
        if figures.has(f"{name}-{GROWTH_BYTES[0]}", deployment.name, "growth"):
            points = [(count, figures.cost(f"{name}-{count}", deployment.name)) for count in GROWTH_BYTES]
            lines.append(svg.Line(deployment.title, deployment.colour, points, not deployment.transforms))
    if not lines:
        return ""
    values = [value for line in lines for _, value in line.points]
    x_axis = svg.Axis("the request's body", math.log10, GROWTH_BYTES, [svg.size(count) for count in GROWTH_BYTES])
    return svg.line_plot(lines, x_axis, svg.logarithmic("processor time, Envoy and server", values, svg.duration))


def memory_plot(run) -> str:
    points = [(seconds, server / 1e6) for seconds, _, server in run.samples]
    lines = [svg.Line("resident memory", "#1f618d", points),
             svg.Line("goal", "#7f8c8d", [(0, MEMORY_BYTES_MAX / 1e6), (points[-1][0], MEMORY_BYTES_MAX / 1e6)], True)]
    high = max([value for _, value in points] + [MEMORY_BYTES_MAX / 1e6])
    return svg.line_plot(lines, svg.linear("seconds", points[-1][0], svg.number),
                         svg.linear("resident memory of the sidecar, MB", high * 1.1, svg.number))


def load_plots(figures: Figures, workload: Workload, available: list, loads: list[Load]) -> list[tuple[str, str]]:
    wanted = [load for load in loads if load.name == CLOSED_16 or load.is_open]
    plots = [(load.title + (f", {workload.rate:,} requests/s" if load.is_open else ""),
              latency_plot(figures, workload, available, load)) for load in wanted]
    return plots + [("processor time, 16 connections", cpu_plot(figures, workload, available)),
                    ("throughput", throughput_plot(figures, workload, available, loads))]
