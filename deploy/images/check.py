"""Checks the Dockerfile for what hadolint does not see: every file that a COPY takes from the context is there, and
.dockerignore lets it in."""

import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[2]
text = re.sub(r"\\\n", " ", "".join(
    line for line in (root / "Dockerfile").read_text().splitlines(keepends=True) if not line.startswith("#")))
allowed = [line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line.startswith("!")]

faults, count = [], 0
for line in text.splitlines():
    words = line.split()
    if not words or words[0] != "COPY" or any(word.startswith("--from=") for word in words):
        continue
    for source in [word for word in words[1:-1] if not word.startswith("--")]:
        count += 1
        # A pattern, such as Package.resolve[d], is for a file that may be away.
        if not any(character in source for character in "*?[") and not (root / source).exists():
            faults.append(f"COPY {source}: there is no such file")
        if re.sub(r"\[(.)\]", r"\1", source).split("/")[0] not in allowed:
            faults.append(f"COPY {source}: .dockerignore keeps it out")
if not count:
    faults.append("no COPY was found")
for fault in faults:
    print(f"Dockerfile: {fault}", file=sys.stderr)
print(f"{count - len(faults)} passed, {len(faults)} failed")
sys.exit(1 if faults else 0)
