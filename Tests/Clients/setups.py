"""What the cases run through: an Envoy without us, one with the sidecar and one with the module."""

import dataclasses
import pathlib
import socket
import subprocess

import yaml

import envoy
from grpc_echo import EchoServer
from processes import Failure, Program
from provider import Provider
from recorder import Recorder
from tool_server import ToolServer

WITHOUT, SIDECAR, MODULE = "without", "sidecar", "module"

# The example of README.md, and a header with what was used.
READING = """
request:
  clearRouteCache: true
  body: { parseAs: AsJson }
  set: [{ name: x-model, value: "{{ model }}" }]
  remove: [x-debug]
response:
  body: { parseAs: AsJson }
  set: [{ name: x-tokens, value: "{{ usage.total_tokens }}" }]
"""
# New bodies both ways: what cannot be read is refused, by a status that leaves the connection open.
REWRITING = """
request:
  failurePolicy: { status: 422 }
  body: { parseAs: AsJson, value: '{"rewritten": {{ to_json(model) }}}' }
response:
  body: { parseAs: AsJson, value: '{{ body() | replace("chatcmpl-1", "rewritten") }}' }
"""
CONFIGURATIONS = {"reading": READING, "rewriting": REWRITING}


@dataclasses.dataclass
class Place:
    """Where a client connects to."""
    deployment: str
    port: int
    recorder: Recorder

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def gate(self):
        return self.recorder.gate


class Upstreams:
    def __init__(self):
        self.recorder = Recorder()
        self._servers = {
            "provider": Provider("provider", self.recorder), "routed": Provider("routed", self.recorder),
            "grpc": EchoServer(self.recorder), "mcp": ToolServer(self.recorder)}
        self.ports = {name: server.port for name, server in self._servers.items()}

    def stop(self):
        for server in self._servers.values():
            server.stop()


class Setups:
    """Of both deployments; each of the Envoys uses the same sidecars."""

    def __init__(self, program, module, folder):
        self._program, self._folder, self._started = pathlib.Path(program).resolve(strict=True), folder, []
        self._modules = folder / "modules"
        self._modules.mkdir()
        (self._modules / "libswiftformations.so").symlink_to(pathlib.Path(module).resolve(strict=True))
        self._listeners, self._clusters = {WITHOUT: []}, []
        try:
            for name, text in CONFIGURATIONS.items():
                self._add(name, text)
        except BaseException:
            self.stop()
            raise

    def _add(self, name, text):
        path, socket_path = self._folder / f"{name}.yaml", self._folder / f"{name}.sock"
        path.write_text(text)
        sidecar = Program(
            f"sidecar-{name}", [self._program, "serve", "--config", path, "--listen", f"unix:{socket_path}"],
            self._folder)
        self._started.append(sidecar)
        sidecar.wait_until("listens", lambda: _connects(socket_path))

        printed = self._printed(path, SIDECAR, "--socket", socket_path)
        # One name for the cluster of each file.
        # Its one second is for machines that do nothing else.
        printed = printed.replace("message_timeout: 1s", "message_timeout: 10s")
        printed = yaml.safe_load(printed.replace("name: swiftformations\n", f"name: {name}-sidecar\n"))
        self._clusters += printed["clusters"]
        self._listeners[f"{SIDECAR}-{name}"] = printed["http_filters"]
        module = yaml.safe_load(self._printed(path, MODULE))
        self._listeners[f"{MODULE}-{name}"] = module["http_filters"]
        if name == "rewriting":
            for deployment, filters in ((SIDECAR, printed), (MODULE, module)):
                self._listeners[f"{deployment}-signing"] = [*filters["http_filters"], envoy.SIGNING]

    def _printed(self, path, deployment, *options):
        command = [self._program, "envoy-config", path, "--deployment", deployment, *options]
        result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
        if result.returncode:
            raise Failure(f"envoy-config: {result.stderr}")
        return result.stdout

    def start_envoy(self, program, upstreams):
        version = pathlib.Path(program).resolve(strict=True).parent.name
        started = envoy.Envoy(
            program, envoy.bootstrap(self._listeners, self._clusters, upstreams.ports), self._modules,
            self._folder / version)
        self._started.append(started.program)
        return version, started

    def dead(self):
        """The log of each program that has ended by itself."""
        return [f"{program.name} ended:\n{program.log()}" for program in self._started if not program.is_alive()]

    def stop(self):
        for program in reversed(self._started):
            program.stop()


def _connects(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    return True
