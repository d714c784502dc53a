"""Checks the manifests of deploy/kubernetes and deploy/lab, and deploy/grafana. `make check-manifests` runs it.

  python -m checks --kubectl FILE --program FILE --module FILE --envoy FILE... [--crd-schemas FOLDER]

Without --crd-schemas (or CRD_SCHEMAS in the environment) custom resources are only checked for what they refer to: it
names a folder of JSON Schemas, GROUP/KIND_VERSION.json.
"""

import argparse
import os
import pathlib
import sys
import tempfile

import yaml

from . import build, dashboard, envoy_configs, pods, references, schemas, sidecars


class Report:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def add(self, where, faults):
        """One check: it passes when there are no faults."""
        faults = list(faults)
        if not faults:
            self.passed += 1
            return
        self.failed += 1
        for fault in faults:
            print(f"{where}: {fault}", file=sys.stderr)


def check(name, documents, options, program, report):
    for document in documents:
        where = f"{name}: {build.label(document)}"
        if schemas.is_core(document):
            report.add(where, schemas.core(document))
        elif options.crd_schemas:
            report.add(where, schemas.custom(document, options.crd_schemas))
    for owner, _, _, pod, is_whole in pods.templates(documents):
        report.add(f"{name}: {owner}", pods.faults(pod, is_whole))
        if not is_whole:
            report.add(f"{name}: {owner}", schemas.core(as_deployment(pod)))
    report.add(name, (f"{label}: {fault}" for label, fault in references.faults(name, documents)))
    report.add(name, (f"{label}: {fault}" for label, fault in sidecars.faults(documents, program)))
    texts = [text for label, text in sidecars.configurations(documents) if label.startswith("ConfigMap/")]
    for label, mode in envoy_configs.modes(documents):
        needed = [envoy_configs.mode_fault(mode, program.processing_mode(text)) for text in texts]
        report.add(f"{name}: {label}", [fault for fault in needed if fault] if texts else ["no transformations"])
    report.add(name, (f"{label}: {fault}" for label, fault in envoy_configs.target_faults(documents)))
    for label, bootstrap in envoy_configs.bootstraps(documents):
        for text in envoy_configs.module_configurations(bootstrap):
            report.add(f"{name}: {label}", filter(None, [program.complaint(text)]))
        for envoy in options.envoy:
            refusal = envoy_configs.refusal(envoy, bootstrap, options.module_folder)
            report.add(f"{name}: {label}: {envoy}", filter(None, [refusal]))


def as_deployment(pod):
    """A whole Deployment around a part of a pod."""
    labels = {"app": "envoy"}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "envoy"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}}


def main():
    parser = argparse.ArgumentParser(prog="checks")
    parser.add_argument("--kubectl", required=True)
    parser.add_argument("--program", required=True, help="the built swiftformations")
    parser.add_argument("--module", required=True, type=pathlib.Path, help="the built module, by whatever name")
    parser.add_argument("--envoy", required=True, nargs="+", help="Envoys that must take every configuration")
    parser.add_argument("--crd-schemas", type=pathlib.Path, default=os.environ.get("CRD_SCHEMAS"))
    options = parser.parse_args()
    if options.crd_schemas:
        options.crd_schemas = pathlib.Path(options.crd_schemas)

    with tempfile.TemporaryDirectory() as folder:
        options.module_folder = pathlib.Path(folder)
        (options.module_folder / "libswiftformations.so").symlink_to(options.module.resolve(strict=True))
        report = check_all(pathlib.Path(__file__).resolve().parents[2], options)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


def check_all(deploy, options):
    program, report = sidecars.Program(options.program), Report()
    report.add("deploy", (f"{path}: no kustomization reads it" for path in build.unread(deploy)))
    chat = (deploy / "kubernetes/components/chat/transformations.yaml").read_text()
    report.add("grafana", dashboard.faults(deploy / "grafana/swiftformations.json", program, chat))
    for folder in build.roots(deploy):
        name = build.folder_name(deploy, folder)
        try:
            documents = build.kustomize(options.kubectl, folder)
        except (ValueError, yaml.YAMLError) as error:
            report.add(name, [str(error)])
            continue
        check(name, documents, options, program, report)
    return report


sys.exit(main())
