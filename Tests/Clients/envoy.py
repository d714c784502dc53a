"""One Envoy with a listener for each way to stand between client and upstream."""

import json
import pathlib
import urllib.request

import signature
from processes import Program

MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
PROTOCOLS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
ROUTER = {"name": "envoy.filters.http.router", "typed_config": {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}
SIGNING = {"name": "envoy.filters.http.aws_request_signing", "typed_config": {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning",
    "service_name": signature.SERVICE, "region": signature.REGION,
    "credential_provider": {"inline_credential": {
        "access_key_id": signature.ACCESS_KEY, "secret_access_key": signature.SECRET_KEY}}}}


def bootstrap(listeners, clusters, upstreams):
    """listeners: filters by name. clusters: those that the filters need. upstreams: ports of provider, grpc, mcp."""
    return {
        "admin": {"address": _address(0)},
        "static_resources": {
            "listeners": [_listener(name, filters) for name, filters in listeners.items()],
            "clusters": clusters + [
                _cluster(name, port, is_http2=name == "grpc") for name, port in upstreams.items()]}}


def _address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _listener(name, filters):
    def to(cluster, **match):
        # The model's own upstream is chosen by what only our filter sets.
        return {"match": match, "route": {"cluster": cluster}}

    routes = [
        to("grpc", prefix="/echo."), to("mcp", prefix="/mcp"),
        to("routed", prefix="/", headers=[{"name": "x-model", "string_match": {"exact": "routed-model"}}]),
        to("provider", prefix="/")]
    manager = {
        "@type": MANAGER, "stat_prefix": name, "http_filters": [*filters, ROUTER],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]}}
    # Envoy refuses by itself what is longer, in the sidecar's mode BUFFERED; the module lets it pass.
    limit = {"per_connection_buffer_limit_bytes": 4 << 20} if name.startswith("sidecar") else {}
    return {
        **limit, "name": name, "address": _address(0),
        "filter_chains": [{"filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}


def _cluster(name, port, is_http2):
    endpoint = {"endpoint": {"address": _address(port)}}
    cluster = {
        "name": name, "type": "STATIC", "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}}
    if is_http2:
        cluster["typed_extension_protocol_options"] = {PROTOCOLS: {
            "@type": f"type.googleapis.com/{PROTOCOLS}", "explicit_http_config": {"http2_protocol_options": {}}}}
    return cluster


class Envoy:
    """Its ports are free ones that it chose."""

    def __init__(self, program, configuration, modules, folder):
        folder.mkdir()
        path, address = folder / "envoy.json", folder / "admin"
        path.write_text(json.dumps(configuration))
        self.program = Program(
            "envoy",
            [program, "--config-path", path, "--admin-address-path", address, "--concurrency", "1",
             "--disable-hot-restart", "--log-level", "warning"],
            folder, environment={"ENVOY_DYNAMIC_MODULES_SEARCH_PATH": str(modules)})
        self.ports = self.program.wait_until("is ready", lambda: self._ports(address))

    @staticmethod
    def _ports(address: pathlib.Path):
        if not (address.exists() and (admin := address.read_text().strip())):
            return None
        if urllib.request.urlopen(f"http://{admin}/ready", timeout=5).status != 200:
            return None
        with urllib.request.urlopen(f"http://{admin}/listeners?format=json", timeout=5) as answer:
            statuses = json.load(answer)["listener_statuses"]
        return {each["name"]: each["local_address"]["socket_address"]["port_value"] for each in statuses}
