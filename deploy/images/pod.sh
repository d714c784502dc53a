#!/bin/bash
# Runs what prove.sh has built as the pod of deploy/kubernetes/overlays/envoy-sidecar runs it, and then Envoy with the
# module as envoy-module does: user 10101, a read-only root, one network, a shared folder for the socket. Called by prove.sh,
# in a network and a mount namespace of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$1 uid=10101
overlays=deploy/kubernetes/overlays
work=$(mktemp -d)
pids=()
end() {
  for pid in "${pids[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  umount "$work/socket" 2>/dev/null || true
  rm -rf "$work"
}
trap end EXIT
ip link set lo up
mkdir "$work/socket"
mount -t tmpfs -o "size=1m,uid=$uid,gid=$uid,mode=0770" tmpfs "$work/socket"

passed=0
ok() {
  passed=$((passed + 1))
  printf 'ok  %s\n' "$*"
}
fail() {
  printf 'FAILED  %s\n' "$*" >&2
  tail -n 20 "$work"/*.log >&2
  exit 1
}
# check WHAT COMMAND...
check() {
  local what=$1
  shift
  if "$@"; then ok "$what"; else fail "$what"; fi
}
# until_true WHAT COMMAND... : within a minute.
until_true() {
  local what=$1
  shift
  for ((i = 0; i < 600; i++)); do
    if "$@" >/dev/null 2>&1; then
      ok "$what"
      return
    fi
    sleep 0.1
  done
  fail "$what"
}

# of IMAGE PYTHON : a word per line of the image's configuration `c`.
of() { python3 -c 'import json, sys; c = json.load(open(sys.argv[1]))["Docker"]["config"]; print(*eval(sys.argv[2]), sep="\n")' "$folder/$1.json" "$2"; }
mapfile -t sidecar < <(of sidecar 'c["Entrypoint"] + c["Cmd"]')
mapfile -t probe < <(of sidecar 'c["Healthcheck"]["Test"][1:]')
mapfile -t envoy < <(of envoy 'c["Entrypoint"]')

for image in sidecar envoy; do
  check "$image: user 10101, SIGTERM, a title and a version" test \
    "$(of "$image" '[c["User"], c["StopSignal"], len([k for k in c["Labels"] if k.startswith("org.opencontainers.image.")])]' | paste -sd ' ')" \
    = '10101:10101 SIGTERM 3'
done
check "sidecar: the socket's folder belongs to the user" test "$(stat -c %u "$(cat "$folder/sidecar.root")/run/swiftformations")" = "$uid"
check 'sidecar: no shell' test ! -e "$(cat "$folder/sidecar.root")/bin/sh"
added=$(($(du -sb "$(cat "$folder/sidecar.root")" | cut -f 1) - $(cat "$folder/bare.bytes")))
printf '    %d bytes over the base\n' "$added"
check 'sidecar: at most 60 MB over its base' test "$added" -le 60000000

# run ROOT CONFIG TARGET COMMAND... : in place of this shell; CONFIG is the folder to be seen as TARGET.
run() {
  local root=$1 config=$2 target=$3
  shift 3
  mkdir -p "$root$target" "$root/run/swiftformations" "$root/proc"
  exec unshare --mount --propagation private bash -euc '
    root=$1 config=$2 target=$3 socket=$4 uid=$5
    shift 5
    mount --bind "$root" "$root"
    mount -o remount,bind,ro "$root"
    mount -t proc proc "$root/proc"
    mount --bind "$socket" "$root/run/swiftformations"
    mount --bind -o ro "$config" "$root$target"
    exec env -i PATH=/usr/local/bin:/usr/bin ENVOY_DYNAMIC_MODULES_SEARCH_PATH=/usr/local/lib \
      "$(command -v chroot)" --userspec="$uid:$uid" --groups= "$root" "$@"' bash "$root" "$config" "$target" "$work/socket" "$uid" "$@"
}

# start NAME ROOT CONFIG TARGET COMMAND... : in the background; its id goes to $started.
start() {
  local name=$1
  shift
  (run "$@") >"$work/$name.log" 2>&1 &
  started=$!
  pids+=("$started")
}

# confined PID : nothing of root's is left, and the root cannot be written.
confined() {
  grep -qP "^Uid:\t$uid\t$uid\t$uid\t$uid$" "/proc/$1/status" && grep -q '^CapEff:.0*$' "/proc/$1/status" &&
    grep -qE ' / ro[, ]' "/proc/$1/mountinfo"
}

# stop WHAT PID : SIGTERM, and status 0.
stop() {
  kill -TERM "$2"
  local status=0
  wait "$2" || status=$?
  check "$1 ends at SIGTERM with status 0" test "$status" -eq 0
}

# An upstream that tells which headers it has seen.
cat >"$work/upstream.py" <<'END'
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("x-seen", f"{self.headers['x-model']} {self.headers['x-debug']}")
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Handler).serve_forever()
END
python3 "$work/upstream.py" >"$work/upstream.log" 2>&1 &
pids+=($!)

# ask : the answer's headers to a chat request that goes all the way.
ask() {
  curl --silent --show-error --max-time 10 --dump-header - --output /dev/null -H 'x-debug: 1' -H 'content-type: application/json' \
    --data '{"model":"gpt-4o","messages":[]}' http://127.0.0.1:10000/v1/chat/completions
}
transformed() { ask | tr -d '\r' | grep -qx 'x-seen: gpt-4o None'; }

# The overlay's own configuration, with the upstream's address.
for overlay in envoy-sidecar envoy-module; do
  mkdir "$work/$overlay"
  sed 's/address: llm,/address: 127.0.0.1,/' "$overlays/$overlay/envoy.yaml" >"$work/$overlay/envoy.yaml"
done
arguments=(--config-path /etc/envoy/envoy.yaml --concurrency 2 --disable-hot-restart --log-level warning)

sidecar_root=$(cat "$folder/sidecar.root")
start sidecar "$sidecar_root" deploy/kubernetes/components/chat /etc/swiftformations "${sidecar[@]}"
sidecar_pid=$started
healthy() { (run "$sidecar_root" deploy/kubernetes/components/chat /etc/swiftformations "${probe[@]}"); }
until_true "sidecar: the image's health check succeeds" healthy
check 'sidecar: user 10101, no capabilities, a read-only root' confined "$sidecar_pid"

start envoy "$(cat "$folder/envoy.root")" "$work/envoy-sidecar" /etc/envoy "${envoy[@]}" "${arguments[@]}"
until_true 'Envoy is ready' curl --silent --fail http://127.0.0.1:9903/ready
check 'Envoy: user 10101, no capabilities, a read-only root' confined "$started"
check 'a request is transformed by the sidecar' transformed
stop 'Envoy' "$started"
stop 'the sidecar' "$sidecar_pid"
unhealthy() { ! healthy 2>/dev/null; }
check 'then the health check fails' unhealthy
check 'the socket is gone' test ! -e "$work/socket/ext-proc.sock"

start module "$(cat "$folder/envoy.root")" "$work/envoy-module" /etc/envoy "${envoy[@]}" "${arguments[@]}"
until_true 'Envoy with the module is ready' curl --silent --fail http://127.0.0.1:9903/ready
check 'a request is transformed by the module' transformed
stop 'Envoy with the module' "$started"

printf '%d passed, 0 failed\n' "$passed"
