#!/bin/bash
# Sends chat requests through the lab, and checks what comes back. PORT is a free one of this machine (8082).
set -euo pipefail

namespace=llm-lab port=${PORT:-8082}
folder=$(mktemp -d)
kubectl --context kind-swiftformations-lab --namespace "$namespace" \
  port-forward service/ai-gateway "$port:8080" >"$folder/forward.log" 2>&1 &
forward=$!
trap 'kill "$forward" 2>/dev/null || true; rm -rf "$folder"' EXIT

passed=0 failed=0
# expect WHAT FILE PATTERN : a line of the answer matches.
expect() {
  if grep -qiE "$3" "$2"; then
    passed=$((passed + 1))
    printf 'ok      %s\n' "$1"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s: nothing in the answer matches %s\n' "$1" "$3"
    sed 's/^/        /' "$2"
  fi
}

# ask FILE CURL_ARGUMENT... : headers and body into FILE. The first answers of a new route may be 404 and 503.
ask() {
  local file=$folder/$1
  shift
  curl --silent --show-error --include --max-time 20 --retry 10 --retry-delay 2 --retry-connrefused \
    --output "$file" -X POST "http://127.0.0.1:$port/v1/chat/completions" \
    -H 'Content-Type: application/json' "$@" || true
  printf '%s' "$file"
}

# Ready when the whole way is.
for ((i = 0; i < 60; i++)); do
  kill -0 "$forward" 2>/dev/null || {
    cat "$folder/forward.log" >&2
    exit 1
  }
  answer=$(ask ready -d '{"model":"gpt-4","messages":[{"role":"user","content":"Hello"}]}')
  if grep -q '^HTTP/1.1 200' "$answer" && grep -qi '^x-custom-transformed:' "$answer"; then break; fi
  sleep 2
done

answer=$(ask chat -d '{"model":"gpt-4","messages":[{"role":"user","content":"Hello"}]}')
expect 'a completion is answered' "$answer" '^HTTP/1.1 200'
expect 'it comes from the mock LLM' "$answer" '"content":'
expect 'the response is transformed' "$answer" '^x-custom-transformed: true'
expect 'by a field of the request' "$answer" '^x-model: gpt-4'

if kubectl --context kind-swiftformations-lab --namespace "$namespace" get deployment swiftformations \
  >/dev/null 2>&1; then
  expect 'and by a field of the response' "$answer" '^x-tokens-used: [0-9]+'
  answer=$(ask refused -d 'not JSON')
  expect 'a request that is not JSON is refused' "$answer" '^HTTP/1.1 400'
  expect 'with a reason' "$answer" '"body_not_json"'
fi

answer=$(ask stream --no-buffer -d '{"model":"gpt-4","stream":true,"messages":[{"role":"user","content":"Hello"}]}')
expect 'a streamed completion comes to its end' "$answer" '^data: \[DONE\]'
expect 'with the header' "$answer" '^x-custom-transformed: true'

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
