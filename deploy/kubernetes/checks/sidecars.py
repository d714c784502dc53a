"""The sidecar's command lines and transformations, as the built program sees them."""

import json
import pathlib
import subprocess
import tempfile

import yaml

from . import pods


class Program:
    """The built swiftformations."""

    def __init__(self, path):
        self.path = path
        self._flags = {}

    def run(self, *arguments, text=""):
        return subprocess.run(
            [self.path, *arguments], input=text, capture_output=True, text=True, timeout=60)

    def flags(self, command):
        if command not in self._flags:
            words = self.run(command, "--help").stdout.replace(",", " ").replace("[", " ").split()
            self._flags[command] = {word for word in words if word.startswith("--")}
        return self._flags[command]

    def complaint(self, configuration):
        """What `check` says of a configuration that has faults or oddities; None when it has none. Notes are neither."""
        result = self.run("check", "--strict", "-", text=configuration)
        return None if result.returncode == 0 else result.stderr.strip() or "refused"

    def processing_mode(self, configuration):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "transformations.yaml")
            path.write_text(configuration)
            printed = next(yaml.safe_load_all(self.run("envoy-config", str(path)).stdout))
        return printed["http_filters"][0]["typed_config"]["processing_mode"]


def faults(documents, program):
    """Pairs of a label and what is wrong."""
    maps = {d["metadata"]["name"]: d["data"] for d in documents if d["kind"] == "ConfigMap"}
    for owner, _, _, pod, _ in pods.templates(documents):
        for container in pods.containers(pod):
            if container.get("image", "").startswith("swiftformations-sidecar:"):
                for fault in _container(container, pod, maps, program):
                    yield f"{owner}: {container['name']}", fault
    for label, configuration in configurations(documents):
        complaint = program.complaint(configuration)
        if complaint:
            yield label, complaint


def _container(container, pod, maps, program):
    command, *arguments = container["args"]
    if command != "serve":
        yield f"runs {command}"
    for flag in (argument for argument in arguments if argument.startswith("--")):
        if flag not in program.flags("serve"):
            yield f"serve has no {flag}"
    options = dict(zip(arguments, arguments[1:]))
    if not {"--config", "--listen", "--admin"} <= options.keys():
        yield "no --config, --listen or --admin"
        return
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: volumes.get(mount["name"], {}) for mount in container["volumeMounts"]}

    path = pathlib.Path(options["--config"])
    mounted = mounts.get(str(path.parent), {}).get("configMap", {}).get("name")
    if path.name not in maps.get(mounted, {}):
        yield f"no ConfigMap brings {path}"

    listens = [value for flag, value in zip(arguments, arguments[1:]) if flag == "--listen"]
    for listen in listens:
        if listen.startswith("unix:"):
            if "emptyDir" not in mounts.get(str(pathlib.Path(listen[5:]).parent), {}):
                yield f"the folder of {listen} is no volume"
        elif "--allow-plaintext" not in arguments and "--tls-certificate" not in arguments:
            yield f"{listen} needs --allow-plaintext or --tls-certificate"

    numbers = {str(port["containerPort"]) for port in container.get("ports", [])}
    for address in [options["--admin"], *(listen for listen in listens if not listen.startswith("unix:"))]:
        if numbers and address.rsplit(":")[-1] not in numbers:
            yield f"no containerPort of {address}"

    probe = container.get("startupProbe", {}).get("exec", {}).get("command")
    if probe:
        if probe[:2] != ["swiftformations", "healthcheck"] or probe[3] not in listens:
            yield "its startup probe asks something else"
        for flag in (word for word in probe if word.startswith("--")):
            if flag not in program.flags("healthcheck"):
                yield f"healthcheck has no {flag}"


def configurations(documents):
    """(label, text) of each configuration of transformations, wherever it stands."""
    for document in documents:
        label = f"{document['kind']}/{document['metadata']['name']}"
        for name, text in document.get("data", {}).items():
            if name == "transformations.yaml":
                yield label, text
        spec = document.get("spec", {})
        if "transformation" in spec:
            yield label, json.dumps(spec["transformation"])
        for module in spec.get("dynamicModule", []):
            yield label, json.dumps(module["config"])
