#!/bin/bash
# Counts the instructions of what limits.txt lists, and fails when one takes more than its limit. Times would depend on
# the machine and its load; instructions do not.
#
#   check.sh [LIMITS]
set -euo pipefail
cd "$(dirname "$0")/../.."
# A limit that is more than this above the count would not notice a slow-down; that is told, and no failure.
slack_percent_max=25

failed=0
printf '%-44s %14s %10s\n' 'instructions' 'each' 'limit'
while IFS='|' read -r name units limit command; do
  [[ -n $name && $name != '#'* ]] || continue
  read -ra words <<<"$command"
  count=$(Tests/Cost/count-instructions.sh $((units)) "${words[@]}") || exit 1
  verdict=
  if [ "$count" -gt $((limit)) ]; then
    verdict='over the limit'
    failed=1
  elif [ $((limit * 100)) -gt $((count * (100 + slack_percent_max))) ]; then
    verdict='(far below: lower the limit)'
  fi
  printf '%-44s %14d %10d  %s\n' "$name" "$count" $((limit)) "$verdict"
done <"${1:-Tests/Cost/limits.txt}"
exit "$failed"
