"""What the slices say together."""

from statistics import median

from .measurement import Histogram, Slice
from .plan import CLOSED_16, GROWTH_LOAD


class Figures:
    """All slices of a run. Percentiles are those of all rounds' requests together; everything else is the median over the
    rounds. What compares two deployments compares within each round first."""

    def __init__(self, slices: list[Slice]):
        self.cells: dict[tuple, list[Slice]] = {}
        for part in slices:
            self.cells.setdefault((part.workload, part.deployment, part.load), []).append(part)
        self.histograms: dict[tuple, Histogram] = {}

    def has(self, workload: str, deployment: str, load: str = CLOSED_16) -> bool:
        return (workload, deployment, load) in self.cells

    def of(self, workload: str, deployment: str, load: str = CLOSED_16) -> list[Slice]:
        """In the order of the rounds."""
        return sorted(self.cells[workload, deployment, load], key=lambda part: part.round)

    def histogram(self, workload: str, deployment: str, load: str, of=lambda part: part.latency) -> Histogram:
        result = Histogram()
        for part in self.of(workload, deployment, load):
            result.add(of(part).counts.items())
        return result

    def latency(self, workload: str, deployment: str, load: str) -> Histogram:
        key = (workload, deployment, load)
        if key not in self.histograms:
            self.histograms[key] = self.histogram(*key)
        return self.histograms[key]

    def throughput(self, workload: str, deployment: str, load: str) -> float:
        return median(part.throughput for part in self.of(workload, deployment, load))

    def cpu(self, workload: str, deployment: str, process: str, load: str = CLOSED_16) -> float:
        """Microseconds a request, of `envoy` or `server`."""
        return median(part.cpu_per_request(process) for part in self.of(workload, deployment, load))

    def compare(self, workload: str, one: str, other: str, load: str, combine) -> float:
        """The median over the rounds of what `combine` says of two slices of the same round."""
        rounds = zip(self.of(workload, one, load), self.of(workload, other, load), strict=True)
        return median(combine(left, right) for left, right in rounds)

    def added_envoy_cpu(self, workload: str, deployment: str, base: str = "none", load: str = CLOSED_16) -> float:
        """Microseconds a request over those of another deployment."""
        return self.compare(workload, deployment, base, load,
                            lambda one, other: one.cpu_per_request("envoy") - other.cpu_per_request("envoy"))

    def ratio(self, workload: str, one: str, other: str, load: str, of) -> float:
        return self.compare(workload, one, other, load, lambda left, right: of(left) / of(right))

    # --- Growth ----------------------------------------------------------------

    def cost(self, workload: str, deployment: str) -> float:
        """Microseconds a request of Envoy and server together."""
        return median(
            part.cpu_per_request("envoy") + part.cpu_per_request("server")
            for part in self.of(workload, deployment, GROWTH_LOAD))

    def added_cost(self, workload: str, deployment: str, base_workload: str, base: str) -> float:
        """Microseconds a request over those of another deployment, round by round."""
        rounds = zip(self.of(workload, deployment, GROWTH_LOAD), self.of(base_workload, base, GROWTH_LOAD), strict=True)
        return median(
            one.cpu_per_request("envoy") + one.cpu_per_request("server") - other.cpu_per_request("envoy")
            for one, other in rounds)


def slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line through the points (least squares)."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    return (sum((x - mean_x) * (y - mean_y) for x, y in points)) / sum((x - mean_x) ** 2 for x, _ in points)
