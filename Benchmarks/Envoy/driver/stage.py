"""The set-up of a run: files, upstream, ext_proc servers and one Envoy with a listener for each pair of deployment and
workload. Everything listens on loopback, on ports that the system chose."""

import json
import re
import shutil
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from . import envoy_config, workloads
from .deployments import Deployment
from .measurement import Histogram, Load, Slice, run_load
from .processes import BenchError, Process, Processors
from .workloads import Workload

Pair = tuple[Deployment, Workload]


@dataclass(frozen=True)
class Products:
    """What was built or installed before."""

    tools: Path
    envoy: Path
    sidecar: Path
    #: None: left out of the run.
    module: Path | None


class Stage:
    def __init__(self, folder: Path, products: Products, processors: Processors, pairs: list[Pair]):
        self.folder = folder
        self.products = products
        self.processors = processors
        self.pairs = pairs
        self.processes: list[Process] = []
        self.ports: dict[str, int] = {}
        self.servers: dict[str, Process] = {}

    def __enter__(self):
        self.folder.mkdir(parents=True)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop()

    # --- Start -----------------------------------------------------------------

    def start(self):
        self.write_exchanges()
        upstream = self.run("upstream", [self.products.tools / "upstream", "checks.txt"], self.processors.others)
        port = int(upstream.await_line(r"^listening on 127\.0\.0\.1:(\d+)$")[1])
        targets = {deployment.target for deployment, _ in self.pairs if deployment.kind == "ext_proc"}
        clusters = [envoy_config.cluster("upstream", envoy_config.tcp(port), False)]
        clusters += self.start_servers(targets)
        self.start_envoy(clusters)

    def run(self, name: str, command: list, cores: set, environment: dict | None = None) -> Process:
        process = Process(name, command, self.folder, cores, environment)
        self.processes.append(process)
        return process

    def write_exchanges(self):
        """The requests, the answers, and what the upstream checks."""
        (self.folder / "answer").write_bytes(workloads.ANSWER)
        (self.folder / "events").write_bytes(workloads.events())
        lines = []
        for number, (deployment, workload) in enumerate(self.pairs):
            headers, body = deployment.arrives(workload)
            (self.folder / f"request-{number}").write_bytes(workload.request(number))
            lines.append(f"check {number}")
            lines += [f"absent {name}" if value is None else f"header {name} {value}" for name, value in headers.items()]
            if body:
                (self.folder / f"body-{number}").write_bytes(body)
                lines.append(f"body body-{number}")
            lines.append(f"events events {workloads.EVENT_MICROSECONDS}" if workload.is_streamed else "answer answer")
        (self.folder / "checks.txt").write_text("\n".join(lines) + "\n")

    def start_servers(self, targets: set) -> list[dict]:
        clusters = []
        if "floor_ext_proc" in targets:
            floor = self.run("floor_ext_proc", [self.products.tools / "floor_ext_proc", "floor.sock"],
                             self.processors.server)
            floor.wait_for((self.folder / "floor.sock").exists, "listens")
            self.servers["floor_ext_proc"] = floor
            clusters.append(envoy_config.cluster("floor_ext_proc", {"pipe": {"path": "floor.sock"}}, True))
        if targets & {"sidecar", "sidecar_tcp"}:
            self.write_transformations()
            sidecar = self.run(
                "sidecar",
                [self.products.sidecar, "serve", "--config", "transformations.json", "--listen", "unix:sidecar.sock",
                 "--listen", "127.0.0.1:0"], self.processors.server)
            port = int(sidecar.await_line(r"listening.*127\.0\.0\.1:(\d+)")[1])
            sidecar.wait_for((self.folder / "sidecar.sock").exists, "listens")
            self.servers["sidecar"] = self.servers["sidecar_tcp"] = sidecar
            clusters.append(envoy_config.cluster("sidecar", {"pipe": {"path": "sidecar.sock"}}, True))
            clusters.append(envoy_config.cluster("sidecar_tcp", envoy_config.tcp(port), True))
        return clusters

    def write_transformations(self):
        transformations = {workload.name: workload.transformation for _, workload in self.pairs}
        (self.folder / "transformations.json").write_text(json.dumps({"transformations": transformations}))

    def start_envoy(self, clusters: list[dict]):
        listeners = [
            envoy_config.listener(deployment, workload, self.processing_modes(workload))
            for deployment, workload in self.pairs
        ]
        (self.folder / "envoy.json").write_text(json.dumps(envoy_config.bootstrap(listeners, clusters), indent=1))
        self.copy_modules()
        envoy = self.run(
            "envoy",
            [self.products.envoy, "--config-path", "envoy.json", "--concurrency", "1", "--disable-hot-restart",
             "--admin-address-path", "admin", "--log-level", "warning"],
            self.processors.envoy, {"ENVOY_DYNAMIC_MODULES_SEARCH_PATH": str(self.folder / "modules")})
        self.envoy = envoy
        address = envoy.wait_for(self.read_admin_address, "its admin page")
        envoy.wait_for(lambda: self.is_ready(address), "ready")
        for entry in json.loads(self.admin(address, "listeners?format=json"))["listener_statuses"]:
            self.ports[entry["name"]] = entry["local_address"]["socket_address"]["port_value"]

    def copy_modules(self):
        folder = self.folder / "modules"
        folder.mkdir()
        wanted = {deployment.target for deployment, _ in self.pairs if deployment.kind == "module"}
        for name in wanted:
            source = self.products.tools / f"lib{name}.so"
            if name == "swiftformations":
                if not self.products.module:
                    raise BenchError("our module is not built")
                source = self.products.module
            shutil.copy(source, folder / f"lib{name}.so")

    def read_admin_address(self) -> str | None:
        file = self.folder / "admin"
        return file.read_text().strip() if file.exists() else None

    def is_ready(self, address: str) -> bool:
        try:
            return self.admin(address, "ready").strip() == b"LIVE"
        except OSError:
            return False

    def admin(self, address: str, page: str) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{address}/{page}", timeout=10) as response:
            return response.read()

    def processing_modes(self, workload: Workload) -> dict:
        """As `swiftformations envoy-config` tells the user."""
        file = self.folder / f"transformation-{workload.name}.json"
        file.write_text(json.dumps(workload.transformation))
        result = subprocess.run(
            [self.products.sidecar, "envoy-config", str(file)], capture_output=True, text=True)
        modes = dict(re.findall(r"^\s+((?:request|response)_(?:header|body|trailer)_mode): (\w+)$", result.stdout, re.M))
        if len(modes) != 6:
            raise BenchError(f"envoy-config printed no processing mode:\n{result.stdout}{result.stderr}")
        return modes

    # --- Measure ---------------------------------------------------------------

    def server_of(self, deployment: Deployment) -> Process | None:
        return self.servers.get(deployment.target) if deployment.kind == "ext_proc" else None

    def load(self, pair: Pair, arguments: list) -> dict:
        deployment, workload = pair
        cpu = {"envoy": self.envoy}
        server = self.server_of(deployment)
        if server:
            cpu["server"] = server
        number = self.pairs.index(pair)
        try:
            return run_load(
                self.products.tools / "load", self.ports[envoy_config.listener_name(deployment, workload)],
                self.folder / f"request-{number}", self.folder / ("events" if workload.is_streamed else "answer"),
                deployment.response_header(workload), arguments, cpu, self.processors.others)
        except BenchError as error:
            raise BenchError(f"{deployment.title}, {workload.title}: {error}\nlogs: {self.folder}/*.log") from None

    def prove_that_faults_are_seen(self, transformed: Pair, untouched: Pair):
        """Sends a request that must arrive transformed to a listener that does not transform: the run is worth nothing when
        that goes unnoticed."""
        request = self.folder / f"request-{self.pairs.index(transformed)}"
        port = self.ports[envoy_config.listener_name(*untouched)]
        try:
            run_load(self.products.tools / "load", port, request, self.folder / "answer", None,
                     ["--connections", 1, "--requests", 1], {}, self.processors.others)
        except BenchError as error:
            if "wrong answer: not a 200" in str(error):
                return
            raise
        raise BenchError("a request that was not transformed counted as right: the upstream's checks do not work")

    def measure(self, pair: Pair, load: Load, warm_up: float, round: int) -> Slice:
        deployment, workload = pair
        arguments = ["--connections", load.connections, "--warm-up", warm_up]
        if load.is_open:
            arguments += ["--rate", workload.rate]
        # A machine at other work may give a slice no time at all.
        for seconds in (load.seconds, 10 * load.seconds):
            result = self.load(pair, [*arguments, "--seconds", seconds])
            if result["requests"] > 0:
                break
        else:
            raise BenchError(f"{deployment.title}, {workload.title}: no answer within {seconds} s")
        return Slice(
            round=round, workload=workload.name, deployment=deployment.name, load=load.name,
            requests=result["requests"], seconds=result["seconds"], latency=Histogram(result["latency"]),
            first_byte=Histogram(result["first_byte"]), cpu=result["cpu"])
