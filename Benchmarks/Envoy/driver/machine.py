"""On what, with what and when it was measured."""

import os
import platform
import re
import subprocess
from pathlib import Path

from .processes import Processors
from .stage import Products


def output(*command) -> str:
    try:
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    except OSError:
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def first_match(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.M)
    return match[1].strip() if match else "unknown"


def busy_note() -> str | None:
    """Says so when others use the processors."""
    load = os.getloadavg()[0]
    if load <= os.cpu_count() / 4:
        return None
    return (f"The machine was busy when this run started (load average {load:.1f}): processor time, latencies and the "
            "verdicts below are those of a disturbed machine.")


def describe(products: Products, processors: Processors, command: str, started: str, copy_ns: float) -> dict[str, str]:
    cpu = Path("/proc/cpuinfo").read_text()
    memory_kb = int(first_match(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()))
    commit = output("git", "rev-parse", "--short=12", "HEAD")
    changed = " with changes" if output("git", "status", "--porcelain", "--untracked-files=no") else ""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    processor = first_match(r"^model name\s*:(.*)", cpu)
    system = first_match(r'^PRETTY_NAME="?([^"\n]+)', Path("/etc/os-release").read_text())
    return {
        "started": started,
        "command": command,
        "commit": (commit or "unknown") + changed,
        "processor": f"{processor}, {os.cpu_count()} cores, "
                     f"hypervisor: {'yes' if 'hypervisor' in cpu else 'no'}",
        "pinned": str(processors),
        "memory": f"{memory_kb / 1e6:.1f} GB",
        "system": f"{system}, Linux {platform.release()}, {platform.machine()}",
        "load average before": load,
        "Envoy": first_match(r"version: \S+/(\d[^/]*)/", output(products.envoy, "--version")),
        "sidecar": f"{products.sidecar.stat().st_size / 1e6:.1f} MB",
        "Swift": first_match(r"Swift version (\S+)", output("swift", "--version")),
        "nghttp2": output("pkg-config", "--modversion", "libnghttp2") or "unknown",
        "clang": first_match(r"clang version (\S+)", output("clang", "--version")),
        "copy of a byte": f"{copy_ns:.4f} ns",
    }
