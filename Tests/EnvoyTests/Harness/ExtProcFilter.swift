/// The ext_proc filter as a test wants it.
struct ExtProcFilter: Sendable {
  /// Attributes come as those of `envoy.filters.http.ext_proc` all the same.
  static let name = "swiftformations"

  enum BodyMode: String, Sendable {
    case none = "NONE"
    case streamed = "STREAMED"
    case buffered = "BUFFERED"
    case bufferedPartial = "BUFFERED_PARTIAL"
    case fullDuplexStreamed = "FULL_DUPLEX_STREAMED"
  }

  /// The name of the sidecar's cluster, which Envoy also sends as `:authority`.
  var cluster = "sidecar"
  var sendsResponseHeaders = true
  var requestBody = BodyMode.buffered
  var responseBody = BodyMode.buffered
  /// Full duplex needs them.
  var trailers = true
  var failureModeAllow = false
  var allowModeOverride = false
  var requestAttributes = ["xds.route_name"]
  /// A whole configuration, as JSON in one line, that the filter hands to the sidecar.
  var configuration: String?
  /// Far more than Envoy's 200 ms: a busy machine is no failure of the sidecar.
  var messageTimeoutSeconds = 10

  var yaml: String {
    """
    { name: \(Self.name), typed_config: {
      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor,
      grpc_service: { envoy_grpc: { cluster_name: \(Self.name(cluster)) }, initial_metadata: [\(initialMetadata)] },
      failure_mode_allow: \(failureModeAllow),
      allow_mode_override: \(allowModeOverride),
      message_timeout: \(messageTimeoutSeconds)s,
      request_attributes: [\(requestAttributes.joined(separator: ", "))],
      metadata_options: { receiving_namespaces: { untyped: [\(EnvoyConfiguration.metadataNamespace)] } },
      processing_mode: {
        request_header_mode: SEND, response_header_mode: \(sendsResponseHeaders ? "SEND" : "SKIP"),
        request_body_mode: \(requestBody.rawValue), response_body_mode: \(responseBody.rawValue),
        request_trailer_mode: \(trailers ? "SEND" : "SKIP"), response_trailer_mode: \(trailers ? "SEND" : "SKIP")
      }
    } }
    """
  }

  /// A name as YAML's flow style takes it.
  static func name(_ name: String) -> String { name.allSatisfy(\.isLetter) ? name : quote(name) }

  /// Envoy reads `%` as the start of a command operator.
  private var initialMetadata: String {
    guard let configuration else { return "" }
    return "{ key: x-swiftformations-config, value: \(quote(configuration.replacing("%", with: "%%"))) }"
  }
}
