#!/bin/bash
# What the module costs for one exchange, beside a module that does nothing. Needs .build/cost and the module.
#
#   bench.sh [MODULE.so]
#
# Fails when a case takes more instructions than its limit. Nanoseconds depend on the machine and its load, so they are
# shown beside their limits and fail nothing; the fastest of 50 rounds is taken.
set -euo pipefail
cd "$(dirname "$0")/../.."
module=${1:-.build/module/libswiftformations.so}
programs=.build/cost

# name | case | exchanges | limits in nanoseconds and instructions, the benchmark's own share included
cases='two headers, no body|two-headers|400000|800|9000
one field of 825 bytes|model-825|200000|1400|16000
the last field of 27 kB|model-27k|20000|18000|
body of 825 bytes rebuilt|rebuilt-825|50000|4500|50000'

measure() {
  local program=$programs/module-benchmark-$1 library=$2 case=Benchmarks/Module/Cases/$3 exchanges=$4
  nanoseconds=$("$program" "$library" "$case" "$exchanges")
  instructions=$(Tests/Cost/count-instructions.sh 100 "$program" "$library" "$case" '{N}')
}

row='%-28s %8s %8s %14s %8s %s\n'
failed=0
for envoy in 13604 14000; do
  printf "\n$row" "Envoy 1.$((envoy / 100 % 100))" ns 'at most' instructions 'at most' ''
  measure "$envoy" "$programs/nothing.so" nothing 200000
  # shellcheck disable=SC2059
  printf "$row" 'does nothing, no body' "$nanoseconds" '' "$instructions" '' ''
  measure "$envoy" "$programs/nothing.so" nothing-825 200000
  # shellcheck disable=SC2059
  printf "$row" 'does nothing, 825 bytes' "$nanoseconds" '' "$instructions" '' ''
  while IFS='|' read -r name case exchanges nanoseconds_max instructions_max; do
    measure "$envoy" "$module" "$case" "$exchanges"
    verdict=
    if [ -n "$instructions_max" ] && [ "$instructions" -gt "$instructions_max" ]; then
      verdict='over the limit'
      failed=1
    fi
    # shellcheck disable=SC2059
    printf "$row" "$name" "$nanoseconds" "$nanoseconds_max" "$instructions" "$instructions_max" "$verdict"
  done <<<"$cases"
done
exit "$failed"
