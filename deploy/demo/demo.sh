#!/bin/bash
# Starts two mock LLMs, `large` and `small`, and Envoy with the sidecar beside it or the module in it; sends one chat
# request through them and shows what was changed, and which of the two answered.
#
#   deploy/demo/demo.sh ENVOY_VERSION sidecar|module           stops everything again
#   deploy/demo/demo.sh ENVOY_VERSION sidecar|module --stay    leaves everything up until Ctrl-C
#
# Expects release builds and Envoy: use `make demo` and `make run`, with DEPLOYMENT=module for the module. Everything of one run is in a folder
# .run/demo.XXXXXX of its own: sockets, logs, process ids. Ports are free ones.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$1
deployment=$2
stay=${3-}
wait_seconds=20
preferred_port=10000
binaries=.build/release
here=deploy/demo
case $deployment in
  sidecar) processes=(large small sidecar envoy) ;;
  module) processes=(large small envoy) ;;
  *)
    printf 'demo: the deployment is sidecar or module, not %s\n' "$deployment" >&2
    exit 2
    ;;
esac

mkdir -p .run
folder=$(mktemp -d .run/demo.XXXXXX)
# Held as long as this script lives: how others see that the folder is in use.
exec 8>"$folder/lock"
flock 8

colour=0
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then colour=1; fi

fail() {
  printf '\ndemo: %s\n' "$*" >&2
  printf 'demo: the logs are in %s\n' "$PWD/$folder" >&2
  failed=yes
  exit 1
}

# --- Processes ---------------------------------------------------------------

# start NAME COMMAND... : in the background, with its output in NAME.log and its process id in NAME.pid. It is told to
# end when this script dies, however that happens.
start() {
  local name=$1
  shift
  setpriv --pdeathsig TERM "$@" >"$folder/$name.log" 2>&1 </dev/null 8>&- &
  echo $! >"$folder/$name.pid"
}

# is_ours PID FOLDER : the process lives, and its command line names the folder (the id was not given to another).
is_ours() {
  [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") == *"$2/"* ]]
}

# stop FOLDER : ends what was started there, the process that the others depend on last.
stop() {
  local name pid attempts
  for name in envoy sidecar large small; do
    if ! pid=$(cat "$1/$name.pid" 2>/dev/null) || ! is_ours "$pid" "$1"; then continue; fi
    kill "$pid" 2>/dev/null || true
    attempts=100
    while is_ours "$pid" "$1" && [ $((attempts--)) -gt 0 ]; do sleep 0.05; done
    if is_ours "$pid" "$1"; then kill -9 "$pid" 2>/dev/null || true; fi
  done
}

finish() {
  local status=$?
  trap - EXIT
  # Ctrl-C again must not leave half of it running.
  trap '' INT TERM HUP
  stop "$folder"
  if [ "$status" -ne 0 ] && [ "${failed-}" = "" ] && [ "${interrupted-}" = "" ]; then
    printf '\ndemo: failed with status %d; the logs are in %s\n' "$status" "$PWD/$folder" >&2
  elif [ "${failed-}" = "" ]; then
    rm -rf "$folder"
  fi
  exit "$status"
}
trap finish EXIT
# For what runs until Ctrl-C, Ctrl-C is success.
trap 'interrupted=yes; [ "$stay" = --stay ] && exit 0; exit 130' INT
trap 'interrupted=yes; exit 143' TERM HUP

# What a killed run left behind: a folder that nobody holds the lock of.
sweep() {
  local old
  for old in .run/demo.*; do
    if [ "$old" = "$folder" ] || [ ! -e "$old/lock" ]; then continue; fi
    if flock --nonblock "$old/lock" true; then
      stop "$old"
      rm -rf "$old"
    fi
  done
}

# await NAME WHAT COMMAND... : until the command succeeds; fails when the process NAME ends or after a while.
await() {
  local name=$1 what=$2 deadline=$((SECONDS + wait_seconds)) pid
  shift 2
  pid=$(cat "$folder/$name.pid")
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 15 "$folder/$name.log" >&2
      fail "$name ended before it was ready: $folder/$name.log"
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      tail -n 15 "$folder/$name.log" >&2
      fail "$what: not within $wait_seconds seconds"
    fi
    sleep 0.05
  done
}

# --- The processes -----------------------------------------------------

# start_mock_llm NAME
start_mock_llm() {
  start "$1" "$binaries/mock-llm" --listen 127.0.0.1:0 --record "$folder/$1"
  await "$1" "the mock LLM $1 listens" grep -q '^mock-llm listening on ' "$folder/$1.log"
}

# port_of NAME
port_of() {
  sed -n 's/^mock-llm listening on .*://p' "$folder/$1.log"
}

start_sidecar() {
  start sidecar "$binaries/swiftformations" serve --config "$here/transformations.yaml" \
    --listen "unix:$folder/sidecar.sock"
  await sidecar 'the sidecar listens' test -S "$folder/sidecar.sock"
}

# The module's filter with the transformations in it, in its place in Envoy's configuration.
write_module_configuration() {
  "$binaries/swiftformations" envoy-config "$here/transformations.yaml" --deployment module |
    awk 'inside { print "                  " $0 } /^http_filters:/ { inside = 1 }' >"$folder/filter.yaml"
  sed -e "/@FILTER@/{r $folder/filter.yaml" -e 'd}' "$here/envoy-module.yaml"
}

# can_connect PORT
can_connect() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

admin() {
  curl -fsS --noproxy '*' --max-time 5 "http://$(cat "$folder/admin-address")/$1"
}

start_envoy() {
  local port=0
  # For whoever tries it by hand, the same port each time when it is free.
  if [ "$stay" = --stay ] && ! can_connect "$preferred_port"; then port=$preferred_port; fi
  case $deployment in
    sidecar) cat "$here/envoy.yaml" ;;
    module) write_module_configuration ;;
  esac | sed -e "s|@PORT@|$port|; s|@SOCKET@|$folder/sidecar.sock|" \
    -e "s|@LARGE_PORT@|$(port_of large)|; s|@SMALL_PORT@|$(port_of small)|" \
    >"$folder/envoy.yaml"
  # The folder of libswiftformations.so; a sidecar does not mind.
  export ENVOY_DYNAMIC_MODULES_SEARCH_PATH=$PWD/.build/module
  start envoy ".envoy/$version/envoy" --config-path "$folder/envoy.yaml" --concurrency 1 --disable-hot-restart \
    --admin-address-path "$folder/admin-address" --log-level warning
  await envoy "Envoy's admin page" test -s "$folder/admin-address"
  await envoy 'Envoy is ready' admin ready
  envoy_address=$(admin listeners | sed -n 's/^demo:://p')
  [ -n "$envoy_address" ] || fail "Envoy does not listen: $folder/envoy.log"
}

# --- The exchange ------------------------------------------------------------

request() {
  curl -sS --noproxy '*' --http1.1 --max-time 20 "http://$envoy_address/v1/chat/completions" \
    -H 'content-type: application/json' -H 'x-team: search' -H 'x-debug: on' \
    --data-binary "@$here/request.json" "$@"
}

# Writes the four messages to $folder/wire: client-request, request, response, client-response. `answered` is the name of
# the mock LLM that got the request.
exchange() {
  local wire=$folder/wire
  mkdir -p "$wire"
  request --verbose --dump-header "$wire/head" --output "$wire/body" 2>"$wire/curl.log" || {
    tail -n 15 "$wire/curl.log" >&2
    fail 'the request through Envoy failed'
  }
  {
    # curl shows what it sends with "> " in front, the empty line at the end too.
    sed -n 's/^> //p' "$wire/curl.log"
    cat "$here/request.json"
  } >"$wire/client-request"
  cat "$wire/head" "$wire/body" >"$wire/client-response"
  grep -q '^HTTP/1.1 200 ' "$wire/head" || {
    cat "$wire/client-response" >&2
    fail "the answer through Envoy is not a 200: the logs are $folder/*.log"
  }
  for answered in large small; do
    if [ -s "$folder/$answered/request" ]; then break; fi
  done
  [ -s "$folder/$answered/request" ] && [ -s "$folder/$answered/response" ] || fail 'no mock LLM has seen a request'
  cp "$folder/$answered/request" "$folder/$answered/response" "$wire"
  [ "$answered" = large ] || fail 'the request went to the route that it began with: the model did not choose it'
}

title() {
  if [ "$colour" = 1 ]; then printf '\n\033[1m%s\033[0m\n\n' "$1"; else printf '\n%s\n\n' "$1"; fi
}

show() {
  awk -v colour="$colour" -f "$here/show-message.awk" "$@"
}

show_exchange() {
  local wire=$folder/wire
  title '1. The request as the client sent it'
  show "$wire/client-request"
  title "2. The request as the upstream got it: $answered, by its model (- was there before, + is new)"
  show "$wire/client-request" "$wire/request"
  title "3. The response as $answered answered"
  show "$wire/response"
  title '4. The response as the client got it (- was there before, + is new)'
  show "$wire/response" "$wire/client-response"
  printf '\nHeader names are shown in lower case and JSON is indented. What was done: %s\n' "$here/transformations.yaml"
}

show_how_to_try() {
  local place='the sidecar beside Envoy'
  if [ "$deployment" = module ]; then place='the module inside Envoy'; fi
  cat <<END

Up and running: client -> Envoy $version at http://$envoy_address -> two mock LLMs, with $place.
Try it from another terminal:

  curl -i http://$envoy_address/v1/chat/completions -H 'content-type: application/json' -H 'x-team: search' -d '$(cat "$here/request.json")'

The model gpt-4o goes to the one, others go to the other. Their last requests: $folder/{large,small}/request
Logs: $folder/*.log
Ctrl-C stops everything.
END
}

# Returns only when one of them has ended.
stay_up() {
  local name
  while sleep 1; do
    for name in "${processes[@]}"; do
      kill -0 "$(cat "$folder/$name.pid")" 2>/dev/null || fail "$name has ended: $folder/$name.log"
    done
  done
}

sweep
start_mock_llm large
start_mock_llm small
if [ "$deployment" = sidecar ]; then start_sidecar; fi
start_envoy
if [ "$stay" = --stay ]; then
  show_how_to_try
  stay_up
else
  exchange
  show_exchange
fi
