public import CEnvoyModule
internal import Transformation

// What Envoy calls, by these names. Each hook unwraps its pointers, calls one method and returns its answer.
//
// Filters of 1.36 to 1.39 run on with a null filter when `filter_new` fails, so every hook expects one.

/// Once after the library was loaded, on the main thread. Returns the version of the ABI that Envoy compares with its
/// own; null refuses.
@c(envoy_dynamic_module_on_program_init)
public func onProgramInit() -> UnsafePointer<CChar>? { ModuleStart.start() }

/// Null rejects the configuration. `name` and `config` are borrowed.
@c(envoy_dynamic_module_on_http_filter_config_new)
public func onFilterConfigNew(
  _ envoy: EnvoyFilterConfig?, _ name: EnvoyBuffer, _ config: EnvoyBuffer
) -> UnsafeMutableRawPointer? {
  guard let envoy else { return nil }
  return FilterConfig(envoy, name: name.bytes, text: config.bytes).map {
    Unmanaged.passRetained($0).toOpaque()
  }
}

@c(envoy_dynamic_module_on_http_filter_config_destroy)
public func onFilterConfigDestroy(_ config: UnsafeMutableRawPointer?) {
  if let config { Unmanaged<FilterConfig>.fromOpaque(config).release() }
}

/// Null rejects the route configuration. `name` and `config` are borrowed.
@c(envoy_dynamic_module_on_http_filter_per_route_config_new)
public func onRouteConfigNew(_ name: EnvoyBuffer, _ config: EnvoyBuffer) -> UnsafeMutableRawPointer? {
  RouteConfig(name: name.bytes, text: config.bytes)?.makeHandle()
}

@c(envoy_dynamic_module_on_http_filter_per_route_config_destroy)
public func onRouteConfigDestroy(_ config: UnsafeMutableRawPointer?) {
  if let config { RouteConfig.end(config) }
}

/// Calls nothing of Envoy: 1.36 and 1.37 have no stream yet, and crash.
@c(envoy_dynamic_module_on_http_filter_new)
public func onFilterNew(
  _ config: UnsafeMutableRawPointer?, _ stream: EnvoyStream?
) -> UnsafeMutableRawPointer? {
  guard let config else { return nil }
  return Unmanaged<FilterConfig>.fromOpaque(config)._withUnsafeGuaranteedRef { FilterPool.make($0) }
}

@c(envoy_dynamic_module_on_http_filter_destroy)
public func onFilterDestroy(_ filter: UnsafeMutableRawPointer?) {
  if let filter { FilterPool.takeBack(filter) }
}

@c(envoy_dynamic_module_on_http_filter_request_headers)
public func onRequestHeaders(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ endOfStream: Bool
) -> EnvoyHeadersStatus {
  guard let stream, let filter = Filter.at(filter) else { return ENVOY_HEADERS_CONTINUE }
  return filter.headers(.request, stream, endOfStream: endOfStream)
}

@c(envoy_dynamic_module_on_http_filter_request_body)
public func onRequestBody(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ endOfStream: Bool
) -> EnvoyBodyStatus {
  guard let stream, let filter = Filter.at(filter) else { return ENVOY_BODY_CONTINUE }
  return filter.body(.request, stream, endOfStream: endOfStream)
}

@c(envoy_dynamic_module_on_http_filter_request_trailers)
public func onRequestTrailers(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?
) -> EnvoyTrailersStatus {
  guard let stream, let filter = Filter.at(filter) else { return ENVOY_TRAILERS_CONTINUE }
  return filter.trailers(.request, stream)
}

@c(envoy_dynamic_module_on_http_filter_response_headers)
public func onResponseHeaders(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ endOfStream: Bool
) -> EnvoyHeadersStatus {
  guard let stream, let filter = Filter.at(filter) else { return ENVOY_HEADERS_CONTINUE }
  return filter.headers(.response, stream, endOfStream: endOfStream)
}

@c(envoy_dynamic_module_on_http_filter_response_body)
public func onResponseBody(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ endOfStream: Bool
) -> EnvoyBodyStatus {
  guard let stream, let filter = Filter.at(filter) else { return ENVOY_BODY_CONTINUE }
  return filter.body(.response, stream, endOfStream: endOfStream)
}

@c(envoy_dynamic_module_on_http_filter_response_trailers)
public func onResponseTrailers(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?
) -> EnvoyTrailersStatus {
  guard let stream, let filter = Filter.at(filter) else { return ENVOY_TRAILERS_CONTINUE }
  return filter.trailers(.response, stream)
}
