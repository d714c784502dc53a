#!/usr/bin/env python3
"""Prints the functions that an exchange runs, for the linker to lay them side by side: a processor that Envoy and the kernel
keep busy has little room for anybody else's pages and lines.

    hot_functions.py sidecar BINARY
    hot_functions.py module LIBRARY BENCHMARK CASE...

BINARY and LIBRARY were linked with KEEP_SYMBOLS=1. Each case runs under valgrind's callgrind with two numbers of exchanges:
the functions that grow with them are those of an exchange. `make hot-functions` runs it."""

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "SidecarCost"))

import sidecar_cost

FEW, MANY = 100, 200


def read_profile(file: Path) -> Counter:
    """How many instructions each function ran itself, by its symbol. https://valgrind.org/docs/manual/cl-format.html"""
    names: dict[str, str] = {}
    result: Counter = Counter()
    function, is_call = "", False
    for line in file.read_text().splitlines():
        if match := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?", line):
            if match[3]:
                names[match[2]] = match[3]
            if not match[1]:
                # A function that calls itself is several to callgrind: name'2.
                function = names[match[2]].split("'")[0]
        elif line.startswith("calls="):
            # The next line is what the call took, which is not the function's own.
            is_call = True
        elif match := re.match(r"[+\-*\d]\S* (\d+)$", line):
            result[function] += 0 if is_call else int(match[1])
            is_call = False
    return result


def profile_sidecar(binary: Path, case: sidecar_cost.Case, count: int, folder: Path) -> Counter:
    sidecar_cost.instructions(binary, case, count, folder, folder / "profile")
    return read_profile(folder / "profile")


def profile_module(library: Path, benchmark: str, case: str, count: int, folder: Path) -> Counter:
    # As sidecar_cost does: Swift's hashes start from a random number otherwise.
    environment = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1"}
    subprocess.run(
        ["valgrind", "--quiet", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={folder / 'profile'}",
         benchmark, str(library), case, str(count)], check=True, stdout=subprocess.DEVNULL,
        env=environment)
    return read_profile(folder / "profile")


def functions_in(binary: Path) -> set[str]:
    lines = subprocess.run(["nm", "--defined-only", str(binary)], check=True, capture_output=True, text=True).stdout
    return {line.split()[2] for line in lines.splitlines() if line.split()[1] in "tTwW"}


def hot_functions(binary: Path, cases: list, profile) -> list[str]:
    """Those of the first case first, and those that run most first among them."""
    known = functions_in(binary)
    result: dict[str, None] = {}
    for case in cases:
        few, many = profile(case, FEW), profile(case, MANY)
        growth = {name: many[name] - few[name] for name in many if name in known}
        ordered = sorted(growth, key=lambda name: (-growth[name], name))
        result |= dict.fromkeys(name for name in ordered if growth[name] >= MANY - FEW)
    return list(result)


def main(kind: str, binary: Path, *rest: str) -> int:
    with tempfile.TemporaryDirectory(prefix="hot-functions.") as name:
        folder = Path(name)
        if kind == "sidecar":
            found = hot_functions(
                binary, sidecar_cost.CASES, lambda case, count: profile_sidecar(binary, case, count, folder))
        else:
            found = hot_functions(
                binary, list(rest[1:]), lambda case, count: profile_module(binary, rest[0], case, count, folder))
    if not found:
        print(f"hot_functions.py: no function of {binary} ran: was it linked with KEEP_SYMBOLS=1?", file=sys.stderr)
        return 1
    print("\n".join(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]))
