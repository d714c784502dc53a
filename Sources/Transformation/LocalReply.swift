internal import JSON

/// An answer of ours in place of the upstream's.
package struct LocalReply: Sendable, Equatable {
  package struct Header: Sendable, Equatable {
    /// In lower case.
    package let name: String
    package let value: [UInt8]
  }

  /// Who is refused, for what, and how the client wants to hear it.
  struct Cause {
    var status: Int
    var transformation: String
    var reason: FailureReason
    /// For people.
    var message: String
    var dialect = ReplyDialect()
    /// Of the request; carried back so that client and operator speak of the same exchange.
    var requestID: [UInt8]?
    /// The upstream has answered: whoever tries again pays for the same completion once more.
    var isOfResponse = false
  }

  /// 400 to 599.
  package let status: Int
  /// `content-type` comes first.
  package let headers: [Header]
  /// Valid UTF-8.
  package let body: [UInt8]
  package let reason: FailureReason
  /// For `%RESPONSE_CODE_DETAILS%`: names the transformation and the reason; no white space.
  package let details: String
  /// `grpc-status` for a client that speaks gRPC, else nil.
  package let grpcStatus: Int?

  init(_ cause: Cause) {
    status = cause.status
    reason = cause.reason
    let name = String(cause.transformation.map { $0.isWhitespace ? "_" : $0 })
    details = "swiftformations{transformation=\(name),reason=\(cause.reason.rawValue)}"
    grpcStatus = cause.dialect.isGRPC ? Self.grpcStatus(ofHTTP: cause.status) : nil
    body = Self.body(cause)
    headers = Self.headers(cause)
  }

  /// Where no transformation applies. `dialect`: of the client, where it is known.
  package init(_ obstacle: Obstacle, dialect: ReplyDialect = ReplyDialect()) {
    let failure = obstacle.failure
    self.init(
      Cause(
        status: obstacle.status, transformation: "", reason: failure.reason, message: failure.message,
        dialect: dialect))
  }

  // MARK: Headers

  /// The longest `x-request-id` that is carried back: Envoy's own have 36 bytes, a client's are as long as it likes.
  package static let requestIDBytesMax = 128

  private static func headers(_ cause: Cause) -> [Header] {
    let isText = cause.dialect.isGRPC || cause.dialect.shape == .plain
    var headers = [header("content-type", isText ? "text/plain" : "application/json")]
    if let id = cause.requestID, !id.isEmpty, id.count <= requestIDBytesMax {
      headers.append(Header(name: "x-request-id", value: id))
    }
    // Read by the libraries of OpenAI and Anthropic, which else send a refused request twice more.
    if cause.isOfResponse { headers.append(header("x-should-retry", "false")) }
    if cause.dialect.shape == .aws, !cause.dialect.isGRPC {
      headers.append(header("x-amzn-errortype", awsErrorType(cause.status)))
    }
    return headers
  }

  private static func header(_ name: String, _ value: String) -> Header {
    Header(name: name, value: Array(value.utf8))
  }

  // MARK: Bodies

  private static func body(_ cause: Cause) -> [UInt8] {
    if cause.dialect.isGRPC { return Array(cause.message.utf8) }
    switch cause.dialect.shape {
    case .plain: return Array(cause.message.utf8)
    case .openAI: return error(code: cause.status, "type", cause.reason.rawValue, cause.message)
    case .google: return error(code: cause.status, "status", googleStatus(cause.status), cause.message)
    case .anthropic:
      var body = object(#"{"type":"error","error":{"type":"#, anthropicType(cause.status), cause.message)
      body.append(UInt8(ascii: "}"))
      if let id = cause.requestID, id.count <= requestIDBytesMax {
        body.append(contentsOf: #","request_id":"#.utf8)
        JSONWriter.appendString(Array(String(decoding: id, as: UTF8.self).utf8), to: &body)
      }
      body.append(UInt8(ascii: "}"))
      return body
    case .aws:
      var body = Array(#"{"message":"#.utf8)
      JSONWriter.appendString(Array(cause.message.utf8), to: &body)
      body.append(UInt8(ascii: "}"))
      return body
    case .jsonRPC:
      let code = cause.status < 500 ? -32600 : -32603
      var body = Array(#"{"jsonrpc":"2.0","id":null,"error":{"code":\#(code),"message":"#.utf8)
      JSONWriter.appendString(Array(cause.message.utf8), to: &body)
      body.append(contentsOf: #","data":{"reason":"#.utf8)
      JSONWriter.appendString(Array(cause.reason.rawValue.utf8), to: &body)
      body.append(contentsOf: "}}}".utf8)
      return body
    }
  }

  private static func error(code: Int, _ field: String, _ value: String, _ message: String) -> [UInt8] {
    object(#"{"error":{"code":\#(code),"\#(field)":"#, value, message) + Array("}}".utf8)
  }

  /// An object that is still open: `start`, a value, and the member `message`.
  private static func object(_ start: String, _ value: String, _ message: String) -> [UInt8] {
    var body = Array(start.utf8)
    JSONWriter.appendString(Array(value.utf8), to: &body)
    body.append(contentsOf: #","message":"#.utf8)
    JSONWriter.appendString(Array(message.utf8), to: &body)
    return body
  }

  // MARK: Names of errors

  /// google.rpc.Code, as Google's APIs map it to HTTP.
  private static func googleStatus(_ status: Int) -> String {
    switch status {
    case 401: "UNAUTHENTICATED"
    case 403: "PERMISSION_DENIED"
    case 404: "NOT_FOUND"
    case 409: "ABORTED"
    case 429: "RESOURCE_EXHAUSTED"
    case 503: "UNAVAILABLE"
    case 504: "DEADLINE_EXCEEDED"
    case ..<500: "INVALID_ARGUMENT"
    default: "INTERNAL"
    }
  }

  /// Anthropic's documentation, "Errors".
  private static func anthropicType(_ status: Int) -> String {
    switch status {
    case 401: "authentication_error"
    case 403: "permission_error"
    case 404: "not_found_error"
    case 413: "request_too_large"
    case 429: "rate_limit_error"
    case 504: "timeout_error"
    case ..<500: "invalid_request_error"
    default: "api_error"
    }
  }

  /// Errors of the Bedrock Runtime's operations, by their status.
  private static func awsErrorType(_ status: Int) -> String {
    switch status {
    case 403: "AccessDeniedException"
    case 404: "ResourceNotFoundException"
    case 408: "ModelTimeoutException"
    case 429: "ThrottlingException"
    case 503: "ServiceUnavailableException"
    case ..<500: "ValidationException"
    default: "InternalServerException"
    }
  }

  /// What gRPC makes of an HTTP status (its doc/http-grpc-status-mapping.md).
  private static func grpcStatus(ofHTTP status: Int) -> Int {
    switch status {
    case 400: 13
    case 401: 16
    case 403: 7
    case 404: 12
    case 429, 502, 503, 504: 14
    default: 2
    }
  }
}
