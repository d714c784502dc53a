"""What the slices say together."""

from statistics import mean

from .measurement import Histogram, Slice
from .plan import CLOSED_16, GROWTH_LOAD

#: Of the slices of a cell, the part that counts.
CALM_PART = 0.25


def processor_time(part: Slice) -> float:
    """Microseconds a request, of Envoy and server together."""
    return part.cpu_per_request("envoy") + part.cpu_per_request("server")


class Figures:
    """All slices of a run. What is told of a deployment, workload and load is told of its calm slices, together: the quarter
    that took the least processor time. Whoever else uses the machine's processors only adds to that."""

    def __init__(self, slices: list[Slice]):
        self.cells: dict[tuple, list[Slice]] = {}
        for part in slices:
            self.cells.setdefault((part.workload, part.deployment, part.load), []).append(part)
        for parts in self.cells.values():
            parts.sort(key=processor_time)
            del parts[max(1, round(len(parts) * CALM_PART)):]
        self.histograms: dict[tuple, Histogram] = {}

    def has(self, workload: str, deployment: str, load: str = CLOSED_16) -> bool:
        return (workload, deployment, load) in self.cells

    def histogram(self, workload: str, deployment: str, load: str, of=lambda part: part.latency) -> Histogram:
        result = Histogram()
        for part in self.cells[workload, deployment, load]:
            result.add(of(part).counts.items())
        return result

    def latency(self, workload: str, deployment: str, load: str) -> Histogram:
        key = (workload, deployment, load)
        if key not in self.histograms:
            self.histograms[key] = self.histogram(*key)
        return self.histograms[key]

    def mean(self, workload: str, deployment: str, load: str, of) -> float:
        return mean(of(part) for part in self.cells[workload, deployment, load])

    def throughput(self, workload: str, deployment: str, load: str) -> float:
        return self.mean(workload, deployment, load, lambda part: part.throughput)

    def cpu(self, workload: str, deployment: str, process: str, load: str = CLOSED_16) -> float:
        """Microseconds a request, of `envoy` or `server`."""
        return self.mean(workload, deployment, load, lambda part: part.cpu_per_request(process))

    def added_envoy_cpu(self, workload: str, deployment: str, base: str = "none") -> float:
        """Microseconds a request over those of another deployment."""
        return self.cpu(workload, deployment, "envoy") - self.cpu(workload, base, "envoy")

    # --- Growth ----------------------------------------------------------------

    def cost(self, workload: str, deployment: str) -> float:
        """Microseconds a request of Envoy and server together."""
        return self.mean(workload, deployment, GROWTH_LOAD, processor_time)

    def added_cost(self, workload: str, deployment: str, base_workload: str, base: str) -> float:
        """Microseconds a request of Envoy and server over those of another deployment's Envoy."""
        envoy = self.mean(base_workload, base, GROWTH_LOAD, lambda part: part.cpu_per_request("envoy"))
        return self.cost(workload, deployment) - envoy


def slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line through the points (least squares)."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    return (sum((x - mean_x) * (y - mean_y) for x, y in points)) / sum((x - mean_x) ** 2 for x, _ in points)
