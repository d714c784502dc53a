/// Why a call is refused.
package enum CallRefusal: Error, Equatable {
  /// HTTP errors: the client does not speak gRPC.
  case methodNotAllowed, unsupportedMediaType
  case status(GRPCStatus)
  /// What all calls together may make the process hold is used up. Also in the middle of a call.
  case outOfMemory
}

extension CallRefusal {
  /// Short and stable, for the metric and the log.
  package var reason: String {
    switch self {
    case .methodNotAllowed: "http_405"
    case .unsupportedMediaType: "http_415"
    case .status(let status): "grpc_status_\(status.code.rawValue)"
    case .outOfMemory: "out_of_memory"
    }
  }

  /// For people.
  package var detail: String {
    switch self {
    case .methodNotAllowed: "the method is not POST: this is a gRPC server"
    case .unsupportedMediaType: "the content-type is not application/grpc: this is a gRPC server"
    case .status(let status): status.message
    case .outOfMemory: GRPCStatus.outOfMemory.message
    }
  }
}

extension GRPCStatus {
  package static let outOfMemory = GRPCStatus(
    .resourceExhausted, "what all calls together may hold in memory is used up")
}
