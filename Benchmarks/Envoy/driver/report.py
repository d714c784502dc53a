"""Writes the results of a run into a folder: raw numbers, the page, and Markdown."""

import csv
from pathlib import Path

from . import page, plots, tables, workloads
from .measurement import write_slices

NOT_A_GOAL_RUN = "This was a quick run: good for a look, too short for the goals."


def write(target: Path, available: list, plan, slices: list, figures, runs: dict, goals: list, machine: dict,
          notes: list):
    target.mkdir(parents=True)
    write_slices(target / "raw.csv", slices)
    write_curves(target / "latency.csv", figures)
    write_memory(target / "memory.csv", runs)
    (target / "machine.txt").write_text("".join(f"{name}: {value}\n" for name, value in machine.items()))
    (target / "index.html").write_text(page.make(available, plan, figures, runs, goals, machine, notes))
    (target / "report.md").write_text(markdown(available, figures, runs, goals, machine, notes))


def write_curves(path: Path, figures):
    """The latency's distribution in all rounds together."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["workload", "deployment", "load", "percentile", "latency_us"])
        for key in figures.cells:
            for percent, value in plots.curve(figures.latency(*key)):
                writer.writerow([*key, percent, f"{value:.2f}"])


def write_memory(path: Path, runs: dict):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["deployment", "seconds", "envoy_resident_bytes", "server_resident_bytes"])
        for run in runs.values():
            for seconds, envoy, server in run.samples:
                writer.writerow([run.deployment, f"{seconds:.2f}", envoy, "" if server is None else server])


def markdown(available: list, figures, runs: dict, goals: list, machine: dict, notes: list) -> str:
    parts = [f"# Benchmark of {machine['started']}",
             f"`{machine['command']}` on {machine['processor']}; Envoy {machine['Envoy']}; {machine['pinned']}. How it is "
             "measured, and its bias: docs/benchmarks.md. Plots: index.html."]
    parts += notes
    if goals:
        parts += ["## Goals", tables.markdown(["what", "measured", "goal", ""], [goal.texts for goal in goals])]
    for workload in workloads.ALL:
        head, rows = tables.summary_rows(figures, available, workload.name)
        if rows and not workload.is_streamed:
            parts += [f"## {workload.title[0].upper()}{workload.title[1:]}, 16 connections", tables.markdown(head, rows)]
    if any(figures.has("stream", one.name) for one in available):
        parts += ["## Streamed completion, 16 connections", tables.markdown(*tables.stream_rows(figures, available))]
    parts += ["## Resident memory, 64 connections", tables.markdown(*tables.memory_rows(runs, available))]
    return "\n\n".join(parts) + "\n"
