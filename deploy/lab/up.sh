#!/bin/bash
# Sets the lab up in a kind cluster of its own, step by step:
#
#   client -> Envoy of kgateway -> agentgateway -> httpbun, a mock LLM
#                  |
#            swiftformations
#
#   deploy/lab/up.sh                 the sidecar's image, called over ext_proc
#   deploy/lab/up.sh --in-process    the module in kgateway's Envoy
#
# Needs docker, kind, kubectl and helm. Running it again repairs what is missing. down.sh removes all of it.
set -euo pipefail
cd "$(dirname "$0")"
. ./versions.env

cluster=swiftformations-lab
namespace=llm-lab
variant=transformation
case ${1-} in
  '') ;;
  --in-process) variant=in-process ;;
  *)
    echo "usage: $0 [--in-process]" >&2
    exit 64
    ;;
esac

step() { printf '\n==> %s\n' "$*"; }
k() { kubectl --context "kind-$cluster" "$@"; }

for program in docker kind kubectl helm; do
  command -v "$program" >/dev/null || {
    echo "$program is missing" >&2
    exit 1
  }
done

step '1. A cluster'
if ! kind get clusters 2>/dev/null | grep -qx "$cluster"; then
  kind create cluster --name "$cluster" --config cluster.yaml --wait 120s
fi

step "2. The Gateway API $GATEWAY_API_VERSION"
k apply --server-side --force-conflicts \
  -f "https://github.com/kubernetes-sigs/gateway-api/releases/download/$GATEWAY_API_VERSION/standard-install.yaml"

install_chart() {
  helm upgrade --install --kube-context "kind-$cluster" --create-namespace --namespace "$1" \
    --version "$3" "$2" "$4" --wait --timeout 5m
}

step "3. kgateway $KGATEWAY_VERSION"
charts=oci://cr.kgateway.dev/kgateway-dev/charts
install_chart kgateway-system kgateway-crds "$KGATEWAY_VERSION" "$charts/kgateway-crds"
install_chart kgateway-system kgateway "$KGATEWAY_VERSION" "$charts/kgateway"

step "4. agentgateway $AGENTGATEWAY_VERSION"
charts=oci://cr.agentgateway.dev/charts
install_chart agentgateway-system agentgateway-crds "$AGENTGATEWAY_VERSION" "$charts/agentgateway-crds"
install_chart agentgateway-system agentgateway "$AGENTGATEWAY_VERSION" "$charts/agentgateway"

step '5. The mock LLM'
k apply -f namespace.yaml -f httpbun.yaml
k -n "$namespace" rollout status deployment/httpbun --timeout 180s

step '6. What agentgateway calls a model'
k apply -f backend.yaml

step '7. The gateways'
k apply -f gateways.yaml
k -n "$namespace" wait --for condition=Programmed gateway/ai-gateway gateway/agentgateway-proxy --timeout 180s

step '8. The routes'
k apply -f routes.yaml

step '9. The image'
if [ "$variant" = in-process ]; then
  image=swiftformations-envoy:lab
  docker build --target envoy --tag "$image" \
    --build-arg "ENVOY_IMAGE=cr.kgateway.dev/kgateway-dev/envoy-wrapper:$KGATEWAY_VERSION" \
    --build-arg MODULE_NAME=rust_module ../..
else
  image=swiftformations-sidecar:0.1.0
  docker build --target sidecar --tag "$image" ../..
fi
kind load docker-image "$image" --name "$cluster"

step '10. The transformation'
if [ "$variant" = in-process ]; then
  k delete --ignore-not-found -k transformation
else
  k delete --ignore-not-found -f in-process/traffic-policy.yaml --namespace "$namespace"
  k apply -f gateways.yaml
fi
k apply -k "$variant"
if [ "$variant" = transformation ]; then
  k -n "$namespace" rollout status deployment/swiftformations --timeout 180s
fi
k -n "$namespace" rollout status deployment/ai-gateway --timeout 180s
k -n "$namespace" rollout status deployment/agentgateway-proxy --timeout 180s

printf '\nThe lab is up. Try it: deploy/lab/test.sh\n'
