"""The Envoy configurations inside manifests: each is given to Envoy, and asks for the phases that are needed."""

import copy
import json
import pathlib
import subprocess
import tempfile

import yaml

from . import pods

EXT_PROC = "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor"
ROUTER = {"name": "envoy.filters.http.router", "typed_config": {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}


def bootstraps(documents):
    """(label, bootstrap) of each Envoy configuration; an EnvoyFilter's patches are put where Istio would."""
    for document in documents:
        label = f"{document['kind']}/{document['metadata']['name']}"
        if document["kind"] == "ConfigMap" and "envoy.yaml" in document["data"]:
            yield label, yaml.safe_load(document["data"]["envoy.yaml"])
        if document["kind"] == "EnvoyFilter":
            yield label, _patched(document["spec"]["configPatches"])


def _patched(patches):
    """A bootstrap of one listener and the clusters that its filters name, patched."""
    filters, listener, cluster = [], {}, {}
    for entry in patches:
        value = copy.deepcopy(entry["patch"]["value"])
        where = (entry["applyTo"], entry["patch"]["operation"])
        if where == ("HTTP_FILTER", "INSERT_BEFORE"):
            filters.append(value)
        elif where == ("LISTENER", "MERGE"):
            listener.update(value)
        elif where == ("CLUSTER", "MERGE"):
            cluster.update(value)
        else:
            raise ValueError(f"a patch that is not checked: {where}")
    manager = {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network"
                     ".http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "http", "route_config": {}, "http_filters": filters + [ROUTER]}}
    names = [f["typed_config"]["grpc_service"]["envoy_grpc"]["cluster_name"] for f in filters]
    return {"static_resources": {
        "listeners": [{
            "name": "http", "address": {"socket_address": {"address": "127.0.0.1", "port_value": 10000}},
            "filter_chains": [{"filters": [manager]}], **listener}],
        "clusters": [{"name": name, "connect_timeout": "1s", **cluster} for name in names]}}


def filters(bootstrap):
    for listener in bootstrap["static_resources"]["listeners"]:
        for chain in listener["filter_chains"]:
            for network in chain["filters"]:
                yield from network["typed_config"]["http_filters"]


def module_configurations(bootstrap):
    for entry in filters(bootstrap):
        if "dynamic_module_config" in entry["typed_config"]:
            yield entry["typed_config"]["filter_config"]["value"]


def target_faults(documents):
    """(label, fault): what ext_proc calls is a cluster that is there, and the sidecar's socket or Service."""
    sockets = {value[5:] for _, _, _, pod, _ in pods.templates(documents) for container in pods.containers(pod)
               for value in container.get("args", []) if value.startswith("unix:")}
    services = {(d["metadata"]["name"], d["metadata"].get("namespace"), port["port"])
                for d in documents if d["kind"] == "Service" for port in d["spec"]["ports"]}
    for document in documents:
        label = f"{document['kind']}/{document['metadata']['name']}"
        if document["kind"] == "Backend":
            for endpoint in document["spec"]["endpoints"]:
                if endpoint["unix"]["path"] not in sockets:
                    yield label, f"no sidecar listens on {endpoint['unix']['path']}"
        if document["kind"] == "GatewayExtension":
            target = document["spec"]["extProc"]["grpcService"]["backendRef"]
            if (target["name"], document["metadata"].get("namespace"), target["port"]) not in services:
                yield label, f"no Service has the port of {target}"
    for label, bootstrap in bootstraps(documents):
        clusters = {cluster["name"]: cluster for cluster in bootstrap["static_resources"]["clusters"]}
        for entry in filters(bootstrap):
            if entry["typed_config"]["@type"] != EXT_PROC:
                continue
            name = entry["typed_config"]["grpc_service"]["envoy_grpc"]["cluster_name"]
            if name.startswith("outbound|"):
                # Istio's name of a Service: outbound|PORT|SUBSET|HOST.
                _, port, _, host = name.split("|")
                service, namespace, *_ = host.split(".")
                if (service, namespace, int(port)) not in services:
                    yield label, f"no Service is {name}"
            elif name not in clusters:
                yield label, f"there is no cluster {name}"
            else:
                endpoint = clusters[name]["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
                if endpoint["address"]["pipe"]["path"] not in sockets:
                    yield label, f"no sidecar listens on {endpoint['address']['pipe']['path']}"


def refusal(envoy, bootstrap, module_folder):
    """What Envoy says of a bootstrap that it does not take; None when it takes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "envoy.json")
        path.write_text(json.dumps(bootstrap))
        result = subprocess.run(
            [envoy, "--mode", "validate", "--log-level", "error", "--config-path", str(path)],
            env={"ENVOY_DYNAMIC_MODULES_SEARCH_PATH": str(module_folder)}, capture_output=True, text=True,
            timeout=120)
    return None if result.returncode == 0 else (result.stdout + result.stderr).strip()


def modes(documents):
    """(label, processing mode) of each place that has one, in Envoy's spelling."""
    for label, bootstrap in bootstraps(documents):
        for entry in filters(bootstrap):
            if entry["typed_config"]["@type"] == EXT_PROC:
                yield label, entry["typed_config"]["processing_mode"]
    for document in documents:
        label = f"{document['kind']}/{document['metadata']['name']}"
        if document["kind"] == "GatewayExtension":
            mode = document["spec"]["extProc"]["processingMode"]
            yield label, {_snake(key): value for key, value in mode.items()}
        for entry in document.get("spec", {}).get("extProc", []) if document["kind"] == "EnvoyExtensionPolicy" else []:
            yield label, _of_envoy_gateway(entry["processingMode"])


def _snake(name):
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def _of_envoy_gateway(mode):
    """It sends the headers of a direction that is named, and has no field for trailers (None)."""
    result = {"request_trailer_mode": None, "response_trailer_mode": None}
    for direction in ("request", "response"):
        result[f"{direction}_header_mode"] = "SEND" if direction in mode else "SKIP"
        result[f"{direction}_body_mode"] = mode.get(direction, {}).get("body", "None").upper()
    return result


def mode_fault(mode, needed):
    wrong = [f"{key} is {mode.get(key, 'absent')}, not {value}" for key, value in needed.items()
             if mode.get(key, "absent") not in (value, None)]
    return "; ".join(wrong) or None
