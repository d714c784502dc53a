#!/bin/bash
# Prints how many instructions one unit of a program's work takes, counted by callgrind: the same from run to run.
#
#   count-instructions.sh UNITS COMMAND...     {N} in the command stands for the number of units
#
# The command runs with UNITS and with twice as many; the difference is without what starting and ending take. It must
# check its result itself, and exit with another status than 0 when it is wrong.
set -euo pipefail
units=$1
shift

run() {
  local number=$1 log
  shift
  log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "${@//\{N\}/$number}" 2>&1 >/dev/null </dev/null) || {
    grep -v '^==' <<<"$log" >&2
    return 1
  }
  sed -nE 's/.*Collected : ([0-9]+).*/\1/p' <<<"$log"
}

once=$(run "$units" "$@")
twice=$(run $((2 * units)) "$@")
echo $(((twice - once) / units))
