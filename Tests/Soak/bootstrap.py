"""Envoy's configuration: a listener for each chain of filters, one in front that speaks HTTP/2 to it, and routes."""

import dataclasses
import json

import transformations
from plans import CHAINS, DEPLOYMENTS, MODES, SMALL_BUFFER_BYTES

TYPES = "type.googleapis.com/envoy"
HTTP = f"{TYPES}.extensions.filters.http"
PROTOCOLS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
OURS = "swiftformations"
# A moment of a busy machine is no fault: nothing here ends by these.
MESSAGE_SECONDS = 150
BUFFER_BYTES = transformations.BODY_BYTES_MAX
DRAIN_SECONDS = 30
# The key of the port that speaks HTTP/2 in front of the upstream.
BACK = ("back", False)

LUA = """
function seen(handle)
  local body = handle:body(true)
  handle:headers():replace('x-lua', 'read ' .. tostring(body and body:length() or 0))
end
function envoy_on_request(handle) seen(handle) end
function envoy_on_response(handle) seen(handle) end
"""
SECOND = {direction: {
    "set": [{"name": "x-second", "value": f"{{{{ {header}('x-soak-id') }}}}"}], "body": {"value": "{{ body() }} "}}
    for direction, header in (("request", "header"), ("response", "request_header"))}


@dataclasses.dataclass(frozen=True)
class Place:
    """Of one deployment's Envoy."""
    deployment: str
    # By chain, and by whether it is the one in front for HTTP/2.
    ports: dict[tuple[str, bool], int]
    upstream_port: int
    sidecar_sockets: tuple[str, ...]


def bootstrap(place: Place, listeners_file: str) -> dict:
    http1, http2 = {"http_protocol_options": {"enable_trailers": True}}, {"http2_protocol_options": {}}
    clusters = [
        _cluster("upstream", [_port(place.upstream_port)], http1),
        _cluster("upstream-http2", [_port(place.ports[BACK])], http2)]
    clusters += [_cluster(f"front-{chain}", [_port(place.ports[chain, False])], http2) for chain in CHAINS]
    clusters.append({
        **_cluster(OURS, [{"pipe": {"path": path}} for path in place.sidecar_sockets], http2),
        "health_checks": [{
            "timeout": "10s", "interval": "0.2s", "unhealthy_threshold": 1, "healthy_threshold": 1,
            "no_traffic_interval": "0.2s", "grpc_health_check": {}}],
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}}})
    return {
        "node": {"id": place.deployment, "cluster": "soak"},
        "admin": {"address": _port(0)},
        "dynamic_resources": {"lds_config": _file(listeners_file)},
        "static_resources": {"clusters": clusters}}


def listeners(place: Place, tag: str, routes_file: str, version: str) -> str:
    """The text of the listeners' file; tag is in our filters' configuration."""
    resources = []
    for chain, filters in CHAINS.items():
        http_filters = [_filter(name, place.deployment, tag) for name in filters]
        rds = {"rds": {"route_config_name": "routes", "config_source": _file(routes_file)}}
        resources.append(_listener(chain, place.ports[chain, False], http_filters, rds))
        resources.append(_listener(f"front-{chain}", place.ports[chain, True], [], _only_to(f"front-{chain}")))
    resources.append(_listener("back", place.ports[BACK], [], _only_to("upstream")))
    return json.dumps({"version_info": version, "resources": resources})


def _only_to(cluster: str) -> dict:
    route = {"match": {"prefix": "/"}, "route": {"cluster": cluster, "timeout": "0s"}}
    return {"route_config": {"request_headers_to_remove": ["x-forwarded-proto"], "virtual_hosts": [
        {"name": "all", "domains": ["*"], "routes": [route]}]}}


def routes(place: Place, tag: str, version: str) -> str:
    """The text of the routes' file; tag is in what routes of the mode `route` bring."""
    found = []
    for mode in MODES[place.deployment]:
        for name in transformations.NAMES:
            for retries in (True, False):
                found.append(_route(place.deployment, mode, name, retries, tag))
    return json.dumps({"version_info": version, "resources": [{
        "@type": f"{TYPES}.config.route.v3.RouteConfiguration", "name": "routes",
        "request_headers_to_remove": ["x-forwarded-proto"],
        "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": found}]}]})


def _route(deployment: str, mode: str, name: str, retries: bool, tag: str) -> dict:
    route = {"cluster_header": "x-soak-cluster", "timeout": "0s"}
    if retries:
        route["retry_policy"] = {"retry_on": "5xx,reset", "num_retries": 3, "retry_back_off": {
            "base_interval": "0.001s", "max_interval": "0.01s"}}
    route_name = transformations.route_name(mode, name, retries)
    made = {"name": route_name, "match": {"prefix": f"/{route_name}/"}, "route": route}
    if config := _per_route(deployment, mode, name, tag):
        made["typed_per_filter_config"] = {OURS: config}
    return made


def _per_route(deployment: str, mode: str, name: str, tag: str) -> dict | None:
    own = {"limits": {"bodyBytes": BUFFER_BYTES}, **transformations.transformations(tag)[name]}
    if mode in ("filter", "BUFFERED"):
        return None
    if deployment == "module":
        kind = f"{HTTP}.dynamic_modules.v3.DynamicModuleFilterPerRoute"
        return {"@type": kind, **_module(own, "per_route_config_name")}
    if mode == "route":
        overrides = {"grpc_initial_metadata": [_config_header(own)]}
    else:
        overrides = {"processing_mode": _processing_mode(mode)}
    return {"@type": f"{HTTP}.ext_proc.v3.ExtProcPerRoute", "overrides": overrides}


def _config_header(configuration: dict) -> dict:
    return {"key": "x-swiftformations-config", "value": json.dumps(configuration).replace("%", "%%")}


def _processing_mode(mode: str) -> dict:
    # As `envoy-config` prints it: trailers belong to a body that is waited for.
    trailers = "SKIP" if mode == "NONE" else "SEND"
    return {
        "request_header_mode": "SEND", "response_header_mode": "SEND", "request_body_mode": mode,
        "response_body_mode": mode, "request_trailer_mode": trailers, "response_trailer_mode": trailers}


def _module(configuration: dict, name_field: str) -> dict:
    text = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": json.dumps(configuration)}
    return {
        "dynamic_module_config": {"name": OURS, "do_not_close": True}, name_field: "transformation",
        "filter_config": text}


def _filter(name: str, deployment: str, tag: str) -> dict:
    if name == "ours":
        return {"name": OURS, "typed_config": _ours(deployment, transformations.file(tag, MODES["module"]), tag)}
    if name == "second":
        return {"name": "second", "typed_config": _ours(deployment, SECOND, tag, _config_header(SECOND))}
    if name == "other":
        other = next(each for each in DEPLOYMENTS if each != deployment)
        return {"name": "other", "typed_config": _ours(other, SECOND, tag, _config_header(SECOND))}
    compression = {"name": "gzip", "typed_config": {
        "@type": f"{TYPES}.extensions.compression.gzip.{name}.v3.Gzip"}}
    off = {"enabled": {"default_value": False, "runtime_key": "never"}}
    mutations = {f"{direction}_mutations": [{"append": {
        "header": {"key": "x-mutated", "value": direction}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}]
        for direction in ("request", "response")}
    fields = {
        "buffer": ("buffer.v3.Buffer", {"max_request_bytes": BUFFER_BYTES}),
        "lua": ("lua.v3.Lua", {"default_source_code": {"inline_string": LUA}}),
        "header-mutation": ("header_mutation.v3.HeaderMutation", {"mutations": mutations}),
        "compressor": ("compressor.v3.Compressor", {"compressor_library": compression}),
        "decompressor": ("decompressor.v3.Decompressor", {
            "decompressor_library": compression, "response_direction_config": {"common_config": off},
            "request_direction_config": {"advertise_accept_encoding": False}})}
    kind, configuration = fields[name]
    return {"name": name, "typed_config": {"@type": f"{HTTP}.{kind}", **configuration}}


def _ours(deployment: str, configuration: dict, tag: str, *metadata: dict) -> dict:
    if deployment == "module":
        return {"@type": f"{HTTP}.dynamic_modules.v3.DynamicModuleFilter", **_module(configuration, "filter_name")}
    return {
        "@type": f"{HTTP}.ext_proc.v3.ExternalProcessor",
        "grpc_service": {
            "envoy_grpc": {"cluster_name": OURS, "authority": OURS},
            # Only so that the filter is another one with each update.
            "initial_metadata": [{"key": "x-soak", "value": tag}, *metadata]},
        "message_timeout": f"{MESSAGE_SECONDS}s", "allow_mode_override": True, "request_attributes": ["xds.route_name"],
        "processing_mode": _processing_mode("BUFFERED")}


def _listener(name: str, port: int, filters: list, routing: dict) -> dict:
    router = {"name": "router", "typed_config": {"@type": f"{HTTP}.router.v3.Router", "suppress_envoy_headers": True}}
    manager = {
        "@type": f"{TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name, "generate_request_id": False, "server_header_transformation": "PASS_THROUGH",
        "http_protocol_options": {"enable_trailers": True}, "delayed_close_timeout": "10s",
        "http_filters": [*filters, router], **routing}
    return {
        "@type": f"{TYPES}.config.listener.v3.Listener", "name": name, "address": _port(port),
        "per_connection_buffer_limit_bytes": SMALL_BUFFER_BYTES if name == "small-buffers" else BUFFER_BYTES,
        "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}]}


def _cluster(name: str, addresses: list[dict], options: dict) -> dict:
    many = 1 << 16
    return {
        "name": name, "type": "STATIC", "connect_timeout": "60s", "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        "circuit_breakers": {"thresholds": [{
            "max_requests": many, "max_pending_requests": many, "max_connections": many, "max_retries": many}]},
        "typed_extension_protocol_options": {PROTOCOLS: {
            "@type": f"type.googleapis.com/{PROTOCOLS}", "explicit_http_config": options}},
        "load_assignment": {"cluster_name": name, "endpoints": [
            {"lb_endpoints": [{"endpoint": {"address": address}} for address in addresses]}]}}


def _port(port: int) -> dict:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _file(path: str) -> dict:
    return {"path_config_source": {"path": path}, "resource_api_version": "V3"}
