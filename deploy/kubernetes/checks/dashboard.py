"""The Grafana dashboard asks for metrics that the sidecar has."""

import json
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

METRIC = re.compile(r"\b(?:swiftformations|process)_[a-z_]+\b")
LABELS = {"le", "phase", "reason", "transformation", "end", "version", "job", "instance"}
# A histogram's.
SAMPLES = ("_bucket", "_sum", "_count")


def expressions(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in dashboard["templating"]["list"]:
        if "definition" in variable:
            yield variable["name"], variable["definition"]
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def faults(path, program, configuration):
    dashboard = json.loads(path.read_text())
    kinds = families(program, configuration)
    asked = set()
    for title, expression in expressions(dashboard):
        if expression.count("(") != expression.count(")") or expression.count("{") != expression.count("}"):
            yield f"{title}: brackets do not match: {expression}"
        for name in METRIC.findall(expression):
            bases = [name.removesuffix(end) for end in SAMPLES]
            base = next((base for base in bases if kinds.get(base) == "histogram"), name)
            asked.add(base)
            if base not in kinds:
                yield f"{title}: there is no metric {name}"
        for group in re.findall(r"by \(([^)]*)\)", expression):
            for label in group.split(","):
                if label.strip() not in LABELS:
                    yield f"{title}: no metric has a label {label.strip()}"
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    if len(set(places)) != len(places) or len({panel["id"] for panel in dashboard["panels"]}) != len(places):
        yield "two panels share a place or an id"
    for name in kinds.keys() - asked:
        if name.startswith("swiftformations_"):
            yield f"no panel shows {name}"


def families(program, configuration):
    """Name and kind of each metric of a sidecar that has just started."""
    with tempfile.TemporaryDirectory() as folder:
        file, log, key, certificate = (
            str(pathlib.Path(folder, name)) for name in ("transformations.yaml", "log", "key.pem", "certificate.pem"))
        pathlib.Path(file).write_text(configuration)
        # Some metrics are there only with TLS.
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
            check=True, capture_output=True, timeout=60)
        with open(log, "w") as output:
            process = subprocess.Popen(
                [program.path, "serve", "--config", file, "--listen", "127.0.0.1:0", "--tls-certificate", certificate,
                 "--tls-key", key, "--admin", "127.0.0.1:0"], stderr=output)
        try:
            text = urllib.request.urlopen(_admin(process, log) + "/metrics", timeout=30).read().decode()
        finally:
            process.terminate()
            process.wait(timeout=60)
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


def _admin(process, log):
    """The admin endpoint's URL, once the log tells its port."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        text = pathlib.Path(log).read_text()
        found = re.search(r"admin endpoint address=(\S+)", text)
        if found:
            return f"http://{found.group(1)}"
        time.sleep(0.02)
    raise ValueError("the sidecar does not tell its admin endpoint: " + pathlib.Path(log).read_text())
