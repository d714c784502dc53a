#!/bin/bash
# Runs one long, quiet command and shows that it is alive; what it prints goes to a log.
#
#   deploy/run-step.sh NAME TITLE COMMAND [ARGUMENT]...
#
# The log is .run/logs/NAME.log. When the command fails, its last lines and the log's place are shown, and the exit
# status is the command's. All of this goes to standard error.
set -euo pipefail

name=$1 title=$2
shift 2
log=.run/logs/$name.log
mkdir -p "$(dirname "$log")"

# On a terminal the elapsed seconds are rewritten in place; elsewhere a dot every five seconds.
show_progress() {
  local seconds=0
  while sleep 1; do
    seconds=$((seconds + 1))
    if [ -t 2 ]; then
      printf '\r%s ... %d s' "$title" "$seconds" >&2
    elif [ $((seconds % 5)) -eq 0 ]; then
      printf '.' >&2
    fi
  done
}

printf '%s ...' "$title" >&2
# The ticker is in the background and the command is not, so that Ctrl-C reaches the command.
show_progress &
progress=$!
trap 'kill "$progress" 2>/dev/null || true' EXIT

status=0
"$@" >"$log" 2>&1 </dev/null || status=$?
kill "$progress" 2>/dev/null || true
wait "$progress" 2>/dev/null || true

if [ -t 2 ]; then printf '\r%s ...' "$title" >&2; fi
if [ "$status" -eq 0 ]; then
  printf ' done in %d s\n' "$SECONDS" >&2
else
  printf ' FAILED with status %d. The last lines of %s:\n\n' "$status" "$log" >&2
  tail -n 40 "$log" >&2
  printf '\n%s: failed; the whole log is %s\n' "$title" "$PWD/$log" >&2
fi
exit "$status"
