"""What one object says of another is true in the same build."""

from . import pods

# Objects that are the user's own.
EXTERNAL = {("kubernetes/overlays/kgateway", "HTTPRoute", "chat"), ("lab/in-process", "HTTPRoute", "chat")}
WORKLOADS = {"Deployment"}


def faults(name, documents):
    """Pairs of an object's label and what is wrong with it."""
    have = {(document["kind"], document["metadata"]["name"]) for document in documents}
    labels = {(d["kind"], d["metadata"].get("namespace"), d["metadata"]["name"]) for d in documents}
    if len(labels) != len(documents):
        yield name, "an object is there twice"
    workloads = list(pods.templates(documents))
    for document in documents:
        label = f"{document['kind']}/{document['metadata']['name']}"
        for fault in _selected(document, workloads):
            yield label, fault
        for kind, target in _references(document):
            if (kind, target) not in have and (name, kind, target) not in EXTERNAL:
                yield label, f"there is no {kind} {target}"
    for owner, _, _, pod, _ in workloads:
        for volume in pod.get("volumes", []):
            target = volume.get("configMap", {}).get("name")
            if target and ("ConfigMap", target) not in have:
                yield owner, f"there is no ConfigMap {target}"


def _selected(document, workloads):
    kind, spec = document["kind"], document.get("spec", {})
    namespace = document["metadata"].get("namespace")
    selector = None
    if kind == "Service":
        selector = spec["selector"]
    elif kind in {"PodDisruptionBudget", "Deployment"}:
        selector = spec["selector"]["matchLabels"]
    elif kind == "NetworkPolicy":
        selector = spec["podSelector"]["matchLabels"]
    if selector is not None:
        chosen = [
            pod for _, space, labels, pod, _ in workloads
            if space == namespace and selector.items() <= labels.items()]
        if not chosen:
            yield f"no pod has the labels {selector}"
        names = {port["name"] for pod in chosen for container in pods.containers(pod)
                 for port in container.get("ports", [])}
        for port in spec.get("ports", []) if kind == "Service" else []:
            if port["targetPort"] not in names:
                yield f"no container has a port {port['targetPort']}"
        for rule in spec.get("ingress", []):
            for port in rule.get("ports", []):
                if port["port"] not in names:
                    yield f"no container has a port {port['port']}"
    if kind == "HorizontalPodAutoscaler":
        for metric in spec["metrics"]:
            wanted = metric["containerResource"]["container"]
            if not any(container["name"] == wanted for _, _, _, pod, _ in workloads
                       for container in pods.containers(pod)):
                yield f"no container {wanted}"


def _references(document):
    """(kind, name) of the objects that an object names, by the fields that Kubernetes and the gateways use."""

    def walk(key, value):
        if isinstance(value, list):
            for element in value:
                yield from walk(key, element)
        elif isinstance(value, dict):
            kinds = {"backendRef": "Service", "backendRefs": "Service", "parentRefs": "Gateway",
                     "extensionRef": "GatewayExtension"}
            if "name" in value and (key in kinds or key in {"targetRefs", "parametersRef", "scaleTargetRef"}):
                yield value.get("kind", kinds.get(key)), value["name"]
            for inner, content in value.items():
                yield from walk(inner, content)

    # A Service that a Gateway's controller makes has the Gateway's name.
    for kind, name in walk("", document.get("spec", {})):
        yield ("Gateway", name) if (kind, name) == ("Service", "agentgateway-proxy") else (kind, name)
