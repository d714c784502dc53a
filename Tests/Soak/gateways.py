"""The programs of a soak: an Envoy for each deployment, and two sidecars, of which one is started again and again."""

import asyncio
import hashlib
import json
import os
import pathlib
import signal
import socket
import sys
import urllib.parse
import urllib.request

import bootstrap
import transformations
from exchanges import Wrong
from plans import CHAINS, DEPLOYMENTS, MODES
from versions import Versions

sys.path.append(str(pathlib.Path(__file__).parent.parent / "Clients"))
from processes import Failure, Program  # noqa: E402, F401

# For what a slow machine takes seconds for.
WAIT_SECONDS_MAX = 180
DRAIN_DELAY_SECONDS = 4


async def wait_for(what: str, probe, seconds: float = WAIT_SECONDS_MAX):
    """The first true result of what probe() gives, asked in a thread."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            if result := await asyncio.to_thread(probe):
                return result
        except OSError:
            pass
        if asyncio.get_running_loop().time() > end:
            raise Wrong(f"waited {seconds} seconds in vain: {what}")
        await asyncio.sleep(0.1)


def fetch(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.read().decode()


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Sidecar:
    def __init__(self, program, name: str, configuration, socket_path, folder):
        self.name, self.admin_port = name, free_ports(1)[0]
        self.program = Program(name, [
            program, "serve", "--config", configuration, "--listen", f"unix:{socket_path}", "--admin", self.admin_port,
            "--drain-delay-seconds", DRAIN_DELAY_SECONDS, "--drain-seconds", WAIT_SECONDS_MAX,
            "--body-seconds", WAIT_SECONDS_MAX], folder)

    @property
    def pid(self) -> int:
        return self.program.process.pid

    def metric(self, name: str, without: str = "no label") -> float:
        """All its samples together, but for those with a label."""
        lines = fetch(self.admin_port, "/metrics").splitlines()
        return sum(float(line.split()[-1]) for line in lines
                   if line.startswith((f"{name} ", f"{name}{{")) and without not in line)

    def has_taken(self, text: bytes) -> bool:
        digest = hashlib.sha256(text).hexdigest()
        line = next(line for line in fetch(self.admin_port, "/metrics").splitlines()
                    if line.startswith("swiftformations_config_info{"))
        return digest.startswith(line.split('"')[1])


class Gateway:
    """An Envoy of one deployment."""

    def __init__(self, place: bootstrap.Place, envoy, module_folder, folder: pathlib.Path, versions: Versions):
        self.place, self.folder = place, folder
        self._versions, self._updates = versions, 0
        folder.mkdir()
        self.write_routes()
        self.write_listeners()
        configuration, self._address = folder / "envoy.json", folder / "admin"
        configuration.write_text(json.dumps(bootstrap.bootstrap(place, str(folder / "listeners.json"))))
        self.program = Program(f"envoy-{place.deployment}", [
            envoy, "--config-path", configuration, "--admin-address-path", self._address, "--concurrency", "2",
            "--disable-hot-restart", "--log-level", "warning", "--drain-time-s", bootstrap.DRAIN_SECONDS,
            "--drain-strategy", "immediate"], folder,
            environment={"ENVOY_DYNAMIC_MODULES_SEARCH_PATH": str(module_folder)})
        self.admin_port = 0

    @property
    def pid(self) -> int:
        return self.program.process.pid

    async def become_ready(self):
        def is_ready() -> bool:
            if not self.program.is_alive():
                raise Failure(f"{self.program.name} ended:\n{self.program.log()}")
            if not (self._address.exists() and (address := self._address.read_text().strip())):
                return False
            self.admin_port = int(address.rpartition(":")[2])
            counts = self.stats("^listener_manager")
            if counts["listener_manager.lds.update_rejected"]:
                raise Failure(f"{self.program.name} refuses its listeners:\n{self.program.log()}")
            return fetch(self.admin_port, "/ready").strip() == "LIVE" and (
                counts["listener_manager.listener_create_success"] >= len(self.place.ports))

        await wait_for(f"{self.program.name} is ready", is_ready)

    def stats(self, pattern: str = "") -> dict[str, int]:
        path = f"/stats?format=json&filter={urllib.parse.quote(pattern)}"
        stats = json.loads(fetch(self.admin_port, path))["stats"]
        return {each["name"]: each["value"] for each in stats if "value" in each}

    def stat(self, name: str) -> int:
        return self.stats(f"^{name}$").get(name, 0)

    def write_listeners(self, broken: bool = False):
        tag = self._versions.sources["listeners"].tag
        text = bootstrap.listeners(self.place, tag, str(self.folder / "routes.json"), self._next())
        if broken:
            # The module refuses its own configuration; the sidecar's passes Envoy by, so it gets something of Envoy's.
            right, wrong = ("{{ body() }}", "{{ body( }}") if self.place.deployment == "module" else (
                '"stat_prefix": "alone"', '"stat_prefix": ""')
            text = text.replace(right, wrong)
        self._write("listeners.json", text)

    def write_routes(self):
        tag = self._versions.sources[f"{self.place.deployment}-routes"].tag
        self._write("routes.json", bootstrap.routes(self.place, tag, self._next()))

    def _next(self) -> str:
        self._updates += 1
        return str(self._updates)

    def _write(self, name: str, text: str):
        path = self.folder / f"{name}.new"
        path.write_text(text)
        # Envoy looks at what is moved to the place.
        os.replace(path, self.folder / name)


class Gateways:
    def __init__(self, options, folder: pathlib.Path, versions: Versions):
        self._options, self.folder, self.versions = options, folder, versions
        self.configuration = folder / "transformations.json"
        self.sockets = tuple(str(folder / f"{name}.sock") for name in ("steady", "rolling"))
        self.programs: list[Program] = []
        self.envoys: dict[str, Gateway] = {}
        self.rolls = 0

    async def start(self, upstream_port: int):
        self.configuration.write_bytes(self.text())
        self.steady = self._start_sidecar("steady", self.sockets[0])
        self.rolling = self._start_sidecar("rolling-0", self.sockets[1])
        await self._wait_for_sidecars()
        modules = self.folder / "modules"
        modules.mkdir()
        (modules / "libswiftformations.so").symlink_to(pathlib.Path(self._options.module).resolve(strict=True))
        keys = [bootstrap.BACK, *((chain, front) for chain in CHAINS for front in (False, True))]
        for deployment in DEPLOYMENTS:
            place = bootstrap.Place(
                deployment, dict(zip(keys, free_ports(len(keys)))), upstream_port, self.sockets)
            envoy = Gateway(place, self._options.envoy, modules, self.folder / deployment, self.versions)
            self.envoys[deployment] = envoy
            self.programs.append(envoy.program)
            await envoy.become_ready()
        await self.wait_for_healthy(2)

    @property
    def ports(self) -> dict[tuple, int]:
        return {(deployment, *key): port for deployment, envoy in self.envoys.items()
                for key, port in envoy.place.ports.items()}

    def text(self) -> bytes:
        return json.dumps(transformations.file(self.versions.sources["file"].tag, MODES["sidecar"])).encode()

    def _start_sidecar(self, name: str, path: str) -> Sidecar:
        sidecar = Sidecar(self._options.program, name, self.configuration, path, self.folder)
        self.programs.append(sidecar.program)
        return sidecar

    async def _wait_for_sidecars(self):
        for sidecar in (self.steady, self.rolling):
            await wait_for(f"{sidecar.name} is ready", lambda: fetch(sidecar.admin_port, "/readyz"))

    async def wait_for_healthy(self, count: int):
        name = f"cluster.{bootstrap.OURS}.membership_healthy"
        await wait_for(f"{count} sidecars are healthy", lambda: all(
            envoy.stat(name) == count for envoy in self.envoys.values()))

    async def end_rolling(self):
        """As a rollout does it."""
        process = self.rolling.program.process
        # One that ends is none of those that must live.
        self.programs.remove(self.rolling.program)
        process.send_signal(signal.SIGTERM)
        await wait_for(f"{self.rolling.name} drains", lambda: process.poll() is not None)
        if process.returncode:
            raise Wrong(f"{self.rolling.name} ends with {process.returncode}:\n{self.rolling.program.log()}")

    async def start_rolling(self):
        self.rolls += 1
        self.rolling = self._start_sidecar(f"rolling-{self.rolls}", self.sockets[1])
        await self._wait_for_sidecars()
        await self.wait_for_healthy(2)

    def check_alive(self):
        for program in self.programs:
            if not program.is_alive():
                raise Wrong(f"{program.name} ended with {program.process.returncode}:\n{program.log()}")

    def stop(self) -> list[str]:
        """What did not end as it should."""
        faults = []
        for program in self.programs:
            if program.is_alive():
                program.process.send_signal(signal.SIGTERM)
        for program in self.programs:
            try:
                program.process.wait(60)
            except Exception:  # noqa: BLE001: it is ended in any case
                faults.append(f"{program.name} did not end at SIGTERM")
                program.process.kill()
                program.process.wait()
            if program.process.returncode:
                faults.append(f"{program.name} ended with {program.process.returncode}")
        return faults
