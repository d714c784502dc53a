"""Compares the deployments with each other, with Envoy's own filters and with floors in C. `make bench` runs it.

docs/benchmarks.md says what is measured and how. Python's standard library only."""

import argparse
import datetime
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

from driver import deployments, memory, plan, report
from driver.figures import Figures
from driver.goals import verdicts
from driver.machine import busy_note, describe
from driver.processes import BenchError, Processors
from driver.progress import Progress
from driver.stage import Products, Stage

ROOT = Path(__file__).resolve().parents[2]
#: What a slice costs besides its measurement: a process and its connections.
SLICE_OVERHEAD_SECONDS = 0.05
#: What a stage costs to start, and what Envoy answers a second at the least, for the estimate of the time.
STAGE_SECONDS, REQUESTS_PER_SECOND = 2.0, 8000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", required=True, type=Path, help="the folder of the C programs")
    parser.add_argument("--envoy", required=True, type=Path)
    parser.add_argument("--sidecar", required=True, type=Path)
    parser.add_argument("--module", type=Path, help="libswiftformations.so; without it the module is left out")
    parser.add_argument("--results", type=Path, default=ROOT / "Benchmarks/results")
    parser.add_argument("--quick", action="store_true", help="two minutes; good for a look, not for the goals")
    parser.add_argument("--only", help="deployments, separated by commas; no goals then")
    return parser.parse_args()


class Bench:
    def __init__(self, options):
        self.options = options
        self.products = Products(options.tools.resolve(), options.envoy.resolve(), options.sidecar.resolve(),
                                 options.module.resolve() if options.module else None)
        self.plan = plan.QUICK if options.quick else plan.FULL
        self.available = [one for one in deployments.ALL if self.is_available(one)]
        self.processors = Processors()
        self.started = datetime.datetime.now(datetime.timezone.utc)
        self.progress = Progress(self.estimate())
        (ROOT / ".run").mkdir(exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="bench.", dir=ROOT / ".run"))

    def is_available(self, deployment) -> bool:
        if self.options.only:
            # The one without a filter is what the others are compared with.
            return deployment.name in ["none", *self.options.only.split(",")]
        return deployment is not deployments.MODULE or self.products.module is not None

    def memory_deployments(self) -> list:
        return [one for one in plan.MEMORY_DEPLOYMENTS if one in self.available]

    def memory_requests(self, deployment) -> int:
        return self.plan.memory_requests if deployment is deployments.SIDECAR else self.plan.memory_requests_others

    def slice_seconds(self, seconds: float) -> float:
        return seconds + self.plan.warm_up + SLICE_OVERHEAD_SECONDS

    def estimate(self) -> float:
        round = sum(self.slice_seconds(load.seconds)
                    for _, load in plan.slices(self.plan, plan.pairs(self.available), 1))
        growth = len(plan.growth_pairs(self.available)) * self.slice_seconds(self.plan.growth_seconds)
        requests = sum(self.memory_requests(one) for one in self.memory_deployments())
        stages = len(self.memory_deployments()) + 2
        goals = sum(self.slice_seconds(load.seconds)
                    for _, load in plan.goal_slices(self.plan, plan.pairs(self.available), 1))
        return (self.plan.rounds * round + self.plan.goal_rounds * goals + self.plan.growth_rounds * growth
                + requests / REQUESTS_PER_SECOND + stages * STAGE_SECONDS)

    # --- Parts of the run --------------------------------------------------------

    def compare(self) -> list:
        pairs = plan.pairs(self.available)
        slices = []
        with self.stage("compare", pairs) as stage:
            self.progress.add(STAGE_SECONDS)
            self.prove_checks(stage, pairs)
            last = self.plan.rounds + self.plan.goal_rounds
            for round in range(1, last + 1):
                chosen = plan.slices if round <= self.plan.rounds else plan.goal_slices
                for pair, load in chosen(self.plan, pairs, round):
                    self.progress.show(f"round {round}/{last}: {pair[1].title}, {load.title}, {pair[0].title}")
                    slices.append(stage.measure(pair, load, self.plan.warm_up, round))
                    self.progress.add(self.slice_seconds(load.seconds))
        return slices

    def prove_checks(self, stage: Stage, pairs: list):
        for transformed in pairs:
            if transformed[0] is deployments.NO_FILTER or not transformed[0].transforms or transformed[1].is_streamed:
                continue
            stage.prove_that_faults_are_seen(transformed, (deployments.NO_FILTER, transformed[1]))

    def grow(self) -> list:
        pairs = plan.growth_pairs(self.available)
        slices = []
        load = plan.growth_load(self.plan)
        with self.stage("growth", pairs) as stage:
            self.progress.add(STAGE_SECONDS)
            for round in range(1, self.plan.growth_rounds + 1):
                for pair in pairs:
                    self.progress.show(f"growth {round}/{self.plan.growth_rounds}: {pair[1].title}, {pair[0].title}")
                    slices.append(stage.measure(pair, load, self.plan.warm_up, round))
                    self.progress.add(self.slice_seconds(load.seconds))
        return slices

    def remember(self) -> dict:
        runs = {}
        for deployment in self.memory_deployments():
            requests = self.memory_requests(deployment)
            pair = (deployment, plan.MEMORY_WORKLOAD)
            with self.stage(f"memory-{deployment.name}", [pair]) as stage:
                self.progress.show(f"memory: {requests:,} requests, {deployment.title}")
                runs[deployment.name] = memory.measure(stage, pair, requests)
                self.progress.add(STAGE_SECONDS + requests / REQUESTS_PER_SECOND)
        return runs

    def stage(self, name: str, pairs: list) -> Stage:
        return Stage(self.folder / name, self.products, self.processors, pairs)

    # --- All of it -----------------------------------------------------------------

    def run(self) -> bool:
        note = busy_note()
        if note:
            print(note, file=sys.stderr)
        copy_ns = self.copy_ns()
        machine = describe(self.products, self.processors, self.command(), f"{self.started:%Y-%m-%d %H:%M UTC}", copy_ns)
        slices = self.compare() + self.grow()
        runs = self.remember()
        self.progress.end()
        figures = Figures(slices)
        goals = [] if self.options.only else verdicts(figures, runs, copy_ns)
        notes = [one for one in (note, report.NOT_A_GOAL_RUN if self.options.quick else None) if one]
        target = self.options.results / f"{self.started:%Y-%m-%d-%H%M}"
        report.write(target, self.available, self.plan, slices, figures, runs, goals, machine, notes)
        shutil.rmtree(self.folder)
        print((target / "report.md").read_text())
        print(f"{os.path.relpath(target)}/index.html shows it with plots; raw.csv has every measurement")
        return all(goal.is_met for goal in goals)

    def copy_ns(self) -> float:
        result = subprocess.run([self.products.tools / "memory_copy"], capture_output=True, text=True, check=True)
        return float(result.stdout)

    def command(self) -> str:
        words = ["make bench"]
        if self.options.quick:
            words.append("QUICK=1")
        if self.options.only:
            words.append(f"ONLY={shlex.quote(self.options.only)}")
        return " ".join(words)


def main() -> int:
    # Leaves through the `with`s, so that nothing goes on running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    try:
        Bench(arguments()).run()
    except BenchError as error:
        print(f"\nbench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
