"""What every pod must have: a restricted security context, resources, probes, and what its fields refer to."""


def templates(documents):
    """(name, namespace, labels, pod spec, whether it is whole) of each workload; an EnvoyProxy's patch is a part of one."""
    for document in documents:
        metadata = document["metadata"]
        name = f"{document['kind']}/{metadata['name']}"
        if document["kind"] == "Deployment":
            template = document["spec"]["template"]
            yield name, metadata.get("namespace"), template["metadata"]["labels"], template["spec"], True
        elif document["kind"] == "EnvoyProxy":
            kubernetes = document["spec"]["provider"]["kubernetes"]["envoyDeployment"]
            if "patch" in kubernetes:
                yield name, None, {}, kubernetes["patch"]["value"]["spec"]["template"]["spec"], False


def containers(pod):
    return pod.get("initContainers", []) + pod.get("containers", [])


def faults(pod, is_whole):
    if is_whole:
        security = pod.get("securityContext", {})
        if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
            yield "the pod may run as root"
        if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield "no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield "it is given a token of the API server"
    for container in containers(pod):
        # A part of a container that another one has written has no image.
        if is_whole or "image" in container:
            for fault in _faults(container, pod):
                yield f"{container['name']}: {fault}"
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in {volume["name"] for volume in pod.get("volumes", [])}:
                yield f"{container['name']}: no volume {mount['name']}"


def _faults(container, pod):
    security = container.get("securityContext", {})
    if security.get("allowPrivilegeEscalation") is not False:
        yield "it may gain privileges"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "its root file system can be written"
    if security.get("capabilities") != {"drop": ["ALL"]}:
        yield "it keeps capabilities"
    resources = container.get("resources", {})
    if not {"cpu", "memory"} <= resources.get("requests", {}).keys() or "memory" not in resources.get("limits", {}):
        yield "no requests of processor and memory, or no limit of memory"
    if "readinessProbe" not in container:
        yield "no readiness probe"
    if container in pod.get("initContainers", []) and container.get("restartPolicy") != "Always":
        yield "an init container that is no sidecar"
    ports = {port["name"] for port in container.get("ports", [])}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        for action in ("httpGet", "tcpSocket"):
            port = container.get(probe, {}).get(action, {}).get("port")
            if isinstance(port, str) and port not in ports:
                yield f"{probe}: no port {port}"
