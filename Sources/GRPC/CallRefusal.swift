/// Why a call is refused before any of its messages is looked at.
package enum CallRefusal: Error, Equatable {
  /// HTTP errors: the client does not speak gRPC.
  case methodNotAllowed, unsupportedMediaType
  case status(GRPCStatus)
}

extension CallRefusal {
  /// Short and stable, for the metric and the log.
  package var reason: String {
    switch self {
    case .methodNotAllowed: "http_405"
    case .unsupportedMediaType: "http_415"
    case .status(let status): "grpc_status_\(status.code.rawValue)"
    }
  }

  /// For people.
  package var detail: String {
    switch self {
    case .methodNotAllowed: "the method is not POST: this is a gRPC server"
    case .unsupportedMediaType: "the content-type is not application/grpc: this is a gRPC server"
    case .status(let status): status.message
    }
  }
}
