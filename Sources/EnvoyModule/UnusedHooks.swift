public import CEnvoyModule

// Hooks that Envoy refuses to load a module without, and that have nothing to do here: this module makes no calls of
// its own, schedules nothing and does not watch the client's buffer.

@c(envoy_dynamic_module_on_http_filter_stream_complete)
public func onStreamComplete(_ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?) {}

@c(envoy_dynamic_module_on_http_filter_scheduled)
public func onScheduled(_ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ event: UInt64) {}

@c(envoy_dynamic_module_on_http_filter_http_callout_done)
public func onCalloutDone(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ callout: UInt64, _ result: Int32,
  _ headers: UnsafeMutablePointer<EnvoyHeader>?, _ headersCount: Int,
  _ chunks: UnsafeMutablePointer<EnvoyBuffer>?, _ chunksCount: Int
) {}

@c(envoy_dynamic_module_on_http_filter_http_stream_headers)
public func onCalloutHeaders(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ callout: UInt64,
  _ headers: UnsafeMutablePointer<EnvoyHeader>?, _ headersCount: Int, _ endOfStream: Bool
) {}

@c(envoy_dynamic_module_on_http_filter_http_stream_data)
public func onCalloutData(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ callout: UInt64,
  _ chunks: UnsafePointer<EnvoyBuffer>?, _ chunksCount: Int, _ endOfStream: Bool
) {}

@c(envoy_dynamic_module_on_http_filter_http_stream_trailers)
public func onCalloutTrailers(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ callout: UInt64,
  _ trailers: UnsafeMutablePointer<EnvoyHeader>?, _ trailersCount: Int
) {}

@c(envoy_dynamic_module_on_http_filter_http_stream_complete)
public func onCalloutComplete(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ callout: UInt64
) {}

@c(envoy_dynamic_module_on_http_filter_http_stream_reset)
public func onCalloutReset(
  _ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?, _ callout: UInt64, _ reason: Int32
) {}

@c(envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark)
public func onAboveHighWatermark(_ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?) {}

@c(envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark)
public func onBelowLowWatermark(_ stream: EnvoyStream?, _ filter: UnsafeMutableRawPointer?) {}
