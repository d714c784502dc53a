"""Each object against the schema of its kind."""

import json

import jsonschema
import kubernetes_validate

# The oldest Kubernetes that the manifests are for (native sidecars and the sleep of preStop are on), and the newest known.
KUBERNETES = ["1.30", "1.37"]


def is_core(document):
    group = document["apiVersion"].split("/")[0]
    return "." not in group or group.endswith(".k8s.io") and group != "gateway.networking.k8s.io"


def core(document):
    for version in KUBERNETES:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"Kubernetes {version}: {'.'.join(map(str, error.path))}: {error.message}"


def custom(document, folder):
    """`folder` holds GROUP/KIND_VERSION.json for each kind."""
    group, version = document["apiVersion"].split("/")
    path = folder / group / f"{document['kind'].lower()}_{version}.json"
    if not path.exists():
        yield f"no schema {path.relative_to(folder)}"
        return
    validator = jsonschema.Draft7Validator(json.loads(path.read_text()))
    for error in validator.iter_errors(document):
        yield f"{error.json_path}: {error.message}"
