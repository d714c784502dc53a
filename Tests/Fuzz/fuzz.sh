#!/bin/bash
# Fuzzes a target for a while, starting from its corpus; fails with the input that went wrong.
#
#   Tests/Fuzz/fuzz.sh TARGET SECONDS
#   Tests/Fuzz/fuzz.sh TARGET FILE       runs one input again
#   Tests/Fuzz/fuzz.sh TARGET --keep     takes what was found new into the corpus, as few small files as do
#
# TARGET is json, template, render, configuration, message or sidecar. Needs the built program (make fuzz builds it).
set -euo pipefail
cd "$(dirname "$0")/../.."
program=.build-fuzz/release/fuzz
export FUZZ_TARGET=${1:?json, template, render, configuration, message or sidecar}
what=${2:?seconds, a file or --keep}
work=.run/fuzz/$FUZZ_TARGET kept=Tests/Fuzz/Corpus/$FUZZ_TARGET log=.run/logs/fuzz-$FUZZ_TARGET.log
mkdir -p "$work/new" "$work/findings" .run/logs

if [ -f "$what" ]; then exec "$program" -timeout=25 "$what"; fi
if [ "$what" = --keep ]; then
  rm -rf "$work/merged"
  mkdir "$work/merged"
  "$program" -set_cover_merge=1 -use_counters=0 -max_len=2000 "$work/merged" "$kept" "$work/new" 2>&1 | tail -n 1
  rm -rf "$kept"
  mv "$work/merged" "$kept"
  exit
fi

seeds=()
case $FUZZ_TARGET in
  template | render)
    # A folder of its own: two targets may run at the same time.
    rm -rf "$work/seeds"
    mkdir -p "$work/seeds"/{template,render}
    awk -v folder="$work/seeds" -f Tests/Fuzz/seeds.awk Tests/TemplateTests/Cases/*.txt
    seeds=("$work/seeds/$FUZZ_TARGET")
    ;;
esac

printf 'Fuzzing %-13s for %4d s ... ' "$FUZZ_TARGET" "$what"
# The time of one input is bounded, with room for a busy machine.
if ! "$program" -max_total_time="$what" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
  -dict="Tests/Fuzz/Dictionaries/$FUZZ_TARGET.dict" -artifact_prefix="$work/findings/" \
  "$work/new" "$kept" "${seeds[@]}" >"$log" 2>&1; then
  printf 'FAILED\n\n'
  grep -m 1 -A 25 -E '^fuzz: |Fatal error|ERROR: ' "$log" || tail -n 25 "$log"
  printf '\nThe whole log is %s. Again: Tests/Fuzz/fuzz.sh %s FILE, with the FILE\n' "$log" "$FUZZ_TARGET"
  ls "$work/findings"/* 2>/dev/null
  exit 1
fi
runs=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
coverage=$(sed -n 's/.*DONE *cov: \([0-9]*\).*/\1/p' "$log")
printf '%9d inputs, %5d edges, nothing found\n' "$runs" "$coverage"
