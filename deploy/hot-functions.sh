#!/bin/bash
# Says how much of deploy/*/hot-functions.txt the last links of both binaries found, and fails under nine in ten. Names of
# functions hold hashes of their files' names: a file that moves takes its functions out of the order that they had.
set -euo pipefail
cd "$(dirname "$0")/.."
percent_min=90

failed=0
for part in sidecar module; do
  listed=$(sort -u "deploy/$part/hot-functions.txt" | wc -l)
  lost=$(sed -nE 's/.*(symbol ordering file: no such symbol|unable to order [a-z]+ symbol): //p' ".build/$part/link.log" |
    sort -u | wc -l)
  percent=$(((listed - lost) * 100 / listed))
  printf '%-8s %d of %d listed functions are there (%d %%)\n' "$part" $((listed - lost)) "$listed" "$percent"
  if [ "$percent" -lt "$percent_min" ]; then
    echo "hot-functions.sh: deploy/$part/hot-functions.txt is old: make hot-functions" >&2
    failed=1
  fi
done
exit "$failed"
