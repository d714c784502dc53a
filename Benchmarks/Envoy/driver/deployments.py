"""Who transforms: Envoy alone, Envoy's own filters, ours, and the floors; and Envoy's filter for each."""

import json
from dataclasses import dataclass

from .workloads import Workload

TYPE = "type.googleapis.com/envoy.extensions.filters.http"
NO_CHANGE = {"x-static": None, "x-model": None}


@dataclass(frozen=True, eq=False)
class Deployment:
    name: str
    title: str
    colour: str
    #: none, header_mutation, lua, module, ext_proc
    kind: str
    #: The cluster that ext_proc calls, or the module's name.
    target: str = ""
    #: It does the transformation of the workload; floors do not.
    transforms: bool = True
    #: A floor that only makes sense where a body is read.
    only_where_body_is_read: bool = False

    def runs(self, workload: Workload) -> bool:
        if self.kind == "header_mutation":
            return workload.is_for_header_mutation
        if self.kind == "lua":
            return workload.lua is not None
        return workload.reads_body or not self.only_where_body_is_read

    def arrives(self, workload: Workload) -> tuple[dict, bytes]:
        """Headers (None: absent) and body that the upstream must get."""
        if self.transforms and self.kind != "none":
            body = workload.body if workload.new_body is None else workload.new_body
            return workload.headers, body
        if self.kind == "ext_proc":
            return {"x-floor": "1"} | NO_CHANGE, workload.body
        return NO_CHANGE, workload.body

    def response_header(self, workload: Workload) -> tuple | None:
        return workload.response_header if self.transforms and self.kind != "none" else None

    def http_filter(self, workload: Workload, modes: dict) -> dict | None:
        """The filter in front of the router. `modes` is the processing mode of ext_proc for the workload."""
        match self.kind:
            case "none":
                return None
            case "header_mutation":
                return header_mutation(workload)
            case "lua":
                source = {"default_source_code": {"inline_string": workload.lua}}
                return typed("envoy.filters.http.lua", f"{TYPE}.lua.v3.Lua", source)
            case "module":
                return dynamic_module(self.target, workload)
            case "ext_proc":
                return ext_proc(self.target, workload, modes)
        raise ValueError(self.kind)


def typed(name: str, type_url: str, content: dict) -> dict:
    return {"name": name, "typed_config": {"@type": type_url} | content}


def header_mutation(workload: Workload) -> dict:
    values = {"x-receiver": "%REQ(x-donor)%", "x-static": "yes"}
    mutations = [
        {"append": {"header": {"key": name, "value": values[name]}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}
        for name in workload.headers
    ]
    return typed("envoy.filters.http.header_mutation", f"{TYPE}.header_mutation.v3.HeaderMutation",
                 {"mutations": {"request_mutations": mutations}})


def dynamic_module(name: str, workload: Workload) -> dict:
    text = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": json.dumps(workload.transformation)}
    return typed(
        "envoy.filters.http.dynamic_modules", f"{TYPE}.dynamic_modules.v3.DynamicModuleFilter",
        {"dynamic_module_config": {"name": name, "do_not_close": True}, "filter_name": "transformation",
         "filter_config": text})


def ext_proc(cluster: str, workload: Workload, modes: dict) -> dict:
    # The floor is told the same, so that Envoy does the same for both.
    selection = [{"key": "x-swiftformations-transformation", "value": workload.name}]
    return typed(
        "swiftformations", f"{TYPE}.ext_proc.v3.ExternalProcessor",
        {"grpc_service": {"envoy_grpc": {"cluster_name": cluster}, "initial_metadata": selection},
         # A busy machine must not turn into errors.
         "message_timeout": "5s", "allow_mode_override": True, "processing_mode": modes})


NO_FILTER = Deployment("none", "no filter", "#7f8c8d", "none")
HEADER_MUTATION = Deployment("header_mutation", "Envoy's header_mutation", "#16a085", "header_mutation")
LUA = Deployment("lua", "Envoy's Lua", "#8e44ad", "lua")
MODULE = Deployment("module", "our module", "#d35400", "module", "swiftformations")
FLOOR_MODULE = Deployment("floor_module", "C module, does nothing", "#e59866", "module", "floor_nothing", False)
FLOOR_MODULE_BUFFERS = Deployment(
    "floor_module_buffers", "C module, only buffers", "#f5b041", "module", "floor_buffers", False, True)
SIDECAR = Deployment("sidecar", "our sidecar, Unix socket", "#1f618d", "ext_proc", "sidecar")
SIDECAR_TCP = Deployment("sidecar_tcp", "our sidecar, TCP", "#5dade2", "ext_proc", "sidecar_tcp")
FLOOR_EXT_PROC = Deployment(
    "floor_ext_proc", "C ext_proc, does nothing", "#c0392b", "ext_proc", "floor_ext_proc", False)

ALL = [NO_FILTER, HEADER_MUTATION, LUA, FLOOR_MODULE, FLOOR_MODULE_BUFFERS, MODULE, FLOOR_EXT_PROC, SIDECAR, SIDECAR_TCP]
