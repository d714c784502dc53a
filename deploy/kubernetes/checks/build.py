"""What kustomize makes of a folder, and which files it has read for it."""

import pathlib
import subprocess

import yaml

# Read by a program other than kubectl.
OTHERS = {"lab/cluster.yaml"}


class Strict(yaml.SafeLoader):
    """Refuses a key that is given twice, as kubectl does."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"given more than once: {', '.join(map(str, twice))}", node.start_mark)
        return super().construct_mapping(node, deep)


def read(text):
    return [document for document in yaml.load_all(text, Loader=Strict) if document is not None]


def kustomize(kubectl, folder):
    """The objects of a kustomization; an error with kustomize's words when it cannot be built."""
    result = subprocess.run(
        [kubectl, "kustomize", str(folder)], capture_output=True, text=True, timeout=120)
    if result.returncode != 0:
        raise ValueError(result.stderr.strip())
    if result.stderr.strip():
        raise ValueError("kustomize warns: " + result.stderr.strip())
    return read(result.stdout)


def roots(deploy):
    """The kustomizations that users apply: those that no other one includes as a part of itself."""
    overlays = sorted(path.parent for path in (deploy / "kubernetes/overlays").glob("*/kustomization.yaml"))
    return overlays + [deploy / "lab", deploy / "lab/in-process"]


def unread(deploy):
    """YAML files that no kustomization reads."""
    files = {path for folder in ("kubernetes", "lab") for path in (deploy / folder).rglob("*.yaml")}
    seen = {deploy / name for name in OTHERS}
    for path in files:
        if path.name != "kustomization.yaml":
            continue
        seen.add(path)
        for document in read(path.read_text()):
            seen.update(path.parent / name for name in _names(document))
    return sorted(files - {path.resolve() for path in seen})


def _names(kustomization):
    yield from kustomization.get("resources", [])
    yield from (patch["path"] for patch in kustomization.get("patches", []) if "path" in patch)
    for generator in kustomization.get("configMapGenerator", []):
        yield from (name.split("=")[-1] for name in generator.get("files", []))


def label(document):
    return f"{document['kind']}/{document['metadata']['name']}"


def folder_name(deploy, folder):
    return str(pathlib.Path(folder).relative_to(deploy))
