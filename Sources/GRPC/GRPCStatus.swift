/// How a gRPC call ends (https://grpc.io/docs/guides/status-codes).
package struct GRPCStatus: Error, Equatable, Sendable {
  package enum Code: UInt8, Sendable {
    case ok = 0
    case cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied,
      resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable,
      dataLoss,
      unauthenticated
  }
  package var code: Code
  /// For people; percent-encoded only on the wire.
  package var message: String
  package init(_ code: Code, _ message: String = "") {
    self.code = code
    self.message = message
  }
  package static let ok = GRPCStatus(.ok)
}
