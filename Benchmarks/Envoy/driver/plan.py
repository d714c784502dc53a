"""What is measured, how long, and in which order."""

import random
from dataclasses import dataclass

from . import deployments, workloads
from .measurement import Load

CLOSED_1 = "closed-1"
CLOSED_16 = "closed-16"
CLOSED_64 = "closed-64"
OPEN = "open"


@dataclass(frozen=True)
class Plan:
    rounds: int
    #: Further rounds of what the goals compare.
    goal_rounds: int
    warm_up: float
    #: Seconds of the slices, by load.
    seconds: dict
    growth_rounds: int
    growth_seconds: float
    memory_requests: int
    #: For deployments whose memory is compared but has no goal.
    memory_requests_others: int

    @property
    def loads(self) -> list[Load]:
        return [
            Load(CLOSED_1, "closed loop, 1 connection", 1, False, self.seconds[CLOSED_1]),
            Load(CLOSED_16, "closed loop, 16 connections", 16, False, self.seconds[CLOSED_16]),
            Load(CLOSED_64, "closed loop, 64 connections", 64, False, self.seconds[CLOSED_64]),
            Load(OPEN, "open loop, fixed rate", 64, True, self.seconds[OPEN]),
        ]


FULL = Plan(
    rounds=8, goal_rounds=16, warm_up=0.06, seconds={CLOSED_1: 0.15, CLOSED_16: 0.25, CLOSED_64: 0.2, OPEN: 0.3},
    growth_rounds=8, growth_seconds=0.12, memory_requests=1_000_000, memory_requests_others=50_000)
QUICK = Plan(
    rounds=1, goal_rounds=4, warm_up=0.06, seconds={CLOSED_1: 0.2, CLOSED_16: 0.4, CLOSED_64: 0.3, OPEN: 0.3}, growth_rounds=2,
    growth_seconds=0.12, memory_requests=100_000, memory_requests_others=20_000)

MEMORY_DEPLOYMENTS = [deployments.NO_FILTER, deployments.MODULE, deployments.FLOOR_EXT_PROC, deployments.SIDECAR]
MEMORY_WORKLOAD = workloads.ALL[1]
GROWTH_READ = [deployments.NO_FILTER, deployments.FLOOR_MODULE_BUFFERS, deployments.MODULE, deployments.FLOOR_EXT_PROC,
               deployments.SIDECAR]
GROWTH_PASSED = [deployments.FLOOR_MODULE, deployments.MODULE, deployments.SIDECAR]
GROWTH_LOAD = "growth"


def pairs(available: list) -> list:
    return [(deployment, workload) for workload in workloads.ALL for deployment in available if deployment.runs(workload)]


def growth_pairs(available: list) -> list:
    result = []
    for byte_count in workloads.GROWTH_BYTES:
        read, passed = workloads.growing(byte_count, True), workloads.growing(byte_count, False)
        result += [(deployment, read) for deployment in GROWTH_READ if deployment in available]
        result += [(deployment, passed) for deployment in GROWTH_PASSED if deployment in available]
    return result


def slices(plan: Plan, all_pairs: list, round: int) -> list:
    """(pair, load): the deployments of one workload and load directly after each other, so that a slow or fast moment of
    the machine falls on all of them; their order is another one each round, the same in every run."""
    result = []
    shuffle = random.Random(round)
    for workload in dict.fromkeys(workload for _, workload in all_pairs):
        for load in plan.loads:
            group = [(pair, load) for pair in all_pairs if pair[1] == workload]
            shuffle.shuffle(group)
            result += group
    return result


#: Deployments and workloads that the goals compare.
GOALS = [("headers", ["floor_module", "module"], [CLOSED_16]), ("chat-1k", ["floor_module_buffers", "module"], [CLOSED_16]),
         ("headers", ["floor_ext_proc", "sidecar"], [CLOSED_16, CLOSED_64]),
         ("chat-1k", ["floor_ext_proc", "sidecar"], [CLOSED_16, CLOSED_64])]


def goal_slices(plan: Plan, all_pairs: list, round: int) -> list:
    """(pair, load) as `slices`, of what the goals compare alone."""
    result = []
    for workload, names, load_names in GOALS:
        pairs = [pair for pair in all_pairs if pair[1].name == workload and pair[0].name in names]
        for load in plan.loads:
            if load.name in load_names:
                result += [(pair, load) for pair in (pairs if round % 2 else reversed(pairs))]
    return result


def growth_load(plan: Plan) -> Load:
    # Two connections keep Envoy busy; more would only fill its buffers.
    return Load(GROWTH_LOAD, "closed loop, 2 connections", 2, False, plan.growth_seconds)
