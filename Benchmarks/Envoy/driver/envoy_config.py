"""Envoy's bootstrap: a listener for each deployment and workload, one upstream, and the ext_proc servers."""

from .deployments import TYPE, Deployment, typed
from .workloads import Workload

BUFFER_BYTES = 4 << 20


def listener_name(deployment: Deployment, workload: Workload) -> str:
    return f"{deployment.name}.{workload.name}"


def listener(deployment: Deployment, workload: Workload, modes: dict) -> dict:
    router = typed("envoy.filters.http.router", f"{TYPE}.router.v3.Router", {})
    http_filter = deployment.http_filter(workload, modes)
    manager = {
        "stat_prefix": "bench",
        "route_config": {
            "virtual_hosts": [
                {"name": "all", "domains": ["*"],
                 "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}]}
            ]
        },
        "http_filters": ([http_filter] if http_filter else []) + [router],
    }
    name = "envoy.filters.network.http_connection_manager"
    url = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    return {
        "name": listener_name(deployment, workload),
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        # Otherwise another Envoy could share the port.
        "enable_reuse_port": False,
        "filter_chains": [{"filters": [typed(name, url, manager)]}],
    }


def cluster(name: str, address: dict, is_grpc: bool) -> dict:
    result = {
        "name": name,
        "connect_timeout": "5s",
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "circuit_breakers": {"thresholds": [{"max_requests": 65536, "max_pending_requests": 65536}]},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }
    if is_grpc:
        result["typed_extension_protocol_options"] = {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        }
    return result


def tcp(port: int) -> dict:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def bootstrap(listeners: list[dict], clusters: list[dict]) -> dict:
    return {
        "admin": {"address": tcp(0)},
        # Its timer must not fall into some measurements and not into others.
        "stats_flush_interval": "299s",
        "static_resources": {"listeners": listeners, "clusters": clusters},
    }
