internal import Transformation

/// One way in which the ext_proc filter of Envoy does not fit the configuration in force.
enum FilterMismatch: Hashable {
  /// The body is needed whole, or is replaced, and comes in another mode.
  case bodyMode(Direction, has: BodyMode)
  /// The headers are needed, and do not come.
  case headerMode(Direction)
  /// Phases were asked for, or asked to be left out, and Envoy goes on as its own configuration says.
  case override
  /// The file has routes, and no `xds.route_name` has come.
  case routeName
  /// Attributes of the connection are read, and none of them has come.
  case connectionAttributes([ConnectionAttribute])
  /// Envoy shows the exchanges and takes no answers.
  case observability
  /// No `protocol_config` came, and a body did.
  case undeclared

  /// Short and stable, for the log.
  var kind: Kind {
    switch self {
    case .bodyMode(.request, _): .requestBodyMode
    case .bodyMode(.response, _): .responseBodyMode
    case .headerMode(.request): .requestHeaderMode
    case .headerMode(.response): .responseHeaderMode
    case .override: .allowModeOverride
    case .routeName: .routeName
    case .connectionAttributes: .connectionAttributes
    case .observability: .observabilityMode
    case .undeclared: .protocolConfiguration
    }
  }

  enum Kind: String, CaseIterable {
    case requestBodyMode = "request_body_mode"
    case responseBodyMode = "response_body_mode"
    case requestHeaderMode = "request_header_mode"
    case responseHeaderMode = "response_header_mode"
    case allowModeOverride = "allow_mode_override"
    case routeName = "request_attributes_route_name"
    case connectionAttributes = "request_attributes_connection"
    case observabilityMode = "observability_mode"
    case protocolConfiguration = "protocol_config"
  }

  /// What is seen, and what to change in Envoy's filter.
  var text: String {
    switch self {
    case .bodyMode(let direction, let mode):
      "the \(direction) body is needed, and Envoy's filter has processing_mode.\(direction)_body_mode: \(mode.rawValue);"
        + " set it to BUFFERED, and \(direction)_header_mode and \(direction)_trailer_mode to SEND"
    case .headerMode(let direction):
      "the \(direction) headers are needed, and do not come; set processing_mode.\(direction)_header_mode to SEND"
    case .override:
      "Envoy does not follow mode_override; set allow_mode_override: true, or each exchange has phases that it does not"
        + " need; where `serve --allow-mode-override` says that it is set, bodies that are asked for do not come"
    case .routeName:
      "the file has routes, and Envoy sends no xds.route_name; set request_attributes: [xds.route_name] (a request that"
        + " matches no route has none)"
    case .connectionAttributes(let attributes):
      "attributes of the connection are read, and none of them came; set request_attributes: ["
        + attributes.map { "connection.\($0.rawValue)" }.joined(separator: ", ")
        + "] (those of TLS come with TLS only)"
    case .observability: "observability_mode is true: exchanges are seen, and not changed; set it to false"
    case .undeclared:
      "bodies come, and no protocol_config that says how; if the client is not Envoy (agentgateway up to 1.2.1), start with"
        + " `serve --undeclared-body-mode FULL_DUPLEX_STREAMED`"
    }
  }
}
