import CExtProc
import CProtobufC

@testable import ExtProc
@testable import GRPC
@testable import Transformation

/// A `ProcessingResponse`, read back and held against the rules that every answer keeps.
struct Answer: Equatable {
  enum Kind: Equatable {
    case headers(Direction)
    case body(Direction)
    case trailers(Direction)
    case reply
    /// What Envoy answers with a 500.
    case none
  }

  struct Header: Equatable {
    let name: String
    let value: String
    let appends: Bool
    init(_ name: String, _ value: String, appends: Bool = false) {
      (self.name, self.value, self.appends) = (name, value, appends)
    }
  }

  enum Body: Equatable {
    case replaced(String)
    case cleared
    case streamed(String, endOfStream: Bool)
  }

  struct Mode: Equatable {
    var responseHeaders: UInt32
    var requestBody: BodyMode?
    var responseBody: BodyMode?
    var requestTrailers: Bool
    var responseTrailers: Bool
    /// As an answer says it.
    init(
      responseHeaders: ModeOverride.HeaderMode = .unchanged, requestBody: BodyMode?, responseBody: BodyMode?,
      requestTrailers: Bool = false, responseTrailers: Bool = false
    ) {
      self.responseHeaders = responseHeaders == .unchanged ? 0 : responseHeaders == .send ? 1 : 2
      self.requestBody = requestBody
      self.responseBody = responseBody
      self.requestTrailers = requestTrailers
      self.responseTrailers = responseTrailers
    }
  }

  struct Reply: Equatable {
    var status: UInt32
    var body: String
    var details: String
  }

  var kind = Kind.none
  /// `CONTINUE_AND_REPLACE`
  var replaces = false
  var set: [Header] = []
  var removed: [String] = []
  var body: Body?
  var mode: Mode?
  var metadata: [String: [String: String]] = [:]
  var reply: Reply?
  /// A rule that the answer breaks: `value` was used, or `append` and `append_action` disagree.
  var faults: [String] = []

  init(_ kind: Kind) { self.kind = kind }

  /// Reads messages with their gRPC prefixes.
  static func read(_ bytes: [UInt8]) -> [Answer] {
    var answers: [Answer] = []
    var rest = bytes[...]
    while rest.count >= 5 {
      let count = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
      answers.append(Answer(Array(rest.dropFirst(5).prefix(count))))
      rest = rest.dropFirst(5 + count)
    }
    return answers
  }

  init(_ bytes: [UInt8]) {
    guard let message = envoy__service__ext_proc__v3__processing_response__unpack(nil, bytes.count, bytes)
    else {
      faults.append("cannot be decoded")
      return
    }
    defer { envoy__service__ext_proc__v3__processing_response__free_unpacked(message, nil) }
    read(message.pointee)
  }

  private mutating func read(_ message: ProcessingResponseMessage) {
    switch message.response_case {
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_REQUEST_HEADERS:
      kind = .headers(.request)
      read(message.request_headers.pointee.response)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_RESPONSE_HEADERS:
      kind = .headers(.response)
      read(message.response_headers.pointee.response)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_REQUEST_BODY:
      kind = .body(.request)
      read(message.request_body.pointee.response)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_RESPONSE_BODY:
      kind = .body(.response)
      read(message.response_body.pointee.response)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_REQUEST_TRAILERS:
      kind = .trailers(.request)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_RESPONSE_TRAILERS:
      kind = .trailers(.response)
    case ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_IMMEDIATE_RESPONSE:
      kind = .reply
      let immediate = message.immediate_response.pointee
      reply = Reply(
        status: immediate.status.pointee.code.rawValue, body: text(immediate.body),
        details: String(cString: immediate.details))
      read(immediate.headers)
    default: faults.append("no kind")
    }
    if let override = message.mode_override { mode = Mode(override.pointee) }
    if let metadata = message.dynamic_metadata { self.metadata = namespaces(metadata.pointee) }
  }

  private mutating func read(_ common: UnsafeMutablePointer<CommonResponseMessage>?) {
    guard let common = common?.pointee else { return }
    replaces =
      common.status == ENVOY__SERVICE__EXT_PROC__V3__COMMON_RESPONSE__RESPONSE_STATUS__CONTINUE_AND_REPLACE
    read(common.header_mutation)
    guard let mutation = common.body_mutation?.pointee else { return }
    switch mutation.mutation_case {
    case ENVOY__SERVICE__EXT_PROC__V3__BODY_MUTATION__MUTATION_BODY: body = .replaced(text(mutation.body))
    case ENVOY__SERVICE__EXT_PROC__V3__BODY_MUTATION__MUTATION_CLEAR_BODY: body = .cleared
    case ENVOY__SERVICE__EXT_PROC__V3__BODY_MUTATION__MUTATION_STREAMED_RESPONSE:
      let piece = mutation.streamed_response.pointee
      body = .streamed(text(piece.body), endOfStream: piece.end_of_stream != 0)
    default: faults.append("a body mutation of no kind")
    }
  }

  private mutating func read(_ mutation: UnsafeMutablePointer<HeaderMutationMessage>?) {
    guard let mutation = mutation?.pointee else { return }
    for index in 0..<mutation.n_set_headers {
      guard let option = mutation.set_headers[index]?.pointee, let header = option.header?.pointee else {
        continue
      }
      let name = String(cString: header.key)
      let appends = option.append?.pointee.value != 0
      let acts = option.append_action
      let agrees =
        acts
        == (appends
          ? ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__APPEND_IF_EXISTS_OR_ADD
          : ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__OVERWRITE_IF_EXISTS_OR_ADD)
      if option.append == nil || !agrees { faults.append("\(name): append and append_action disagree") }
      if header.value.pointee != 0 { faults.append("\(name): value is used") }
      set.append(Header(name, text(header.raw_value), appends: appends))
    }
    for index in 0..<mutation.n_remove_headers {
      mutation.remove_headers[index].map { removed.append(String(cString: $0)) }
    }
  }

  private func namespaces(_ metadata: StructMessage) -> [String: [String: String]] {
    var namespaces: [String: [String: String]] = [:]
    for index in 0..<metadata.n_fields {
      guard let entry = metadata.fields[index]?.pointee,
        let fields = entry.value.pointee.struct_value?.pointee
      else {
        continue
      }
      for index in 0..<fields.n_fields {
        guard let field = fields.fields[index]?.pointee else { continue }
        namespaces[String(cString: entry.key), default: [:]][String(cString: field.key)] = String(
          cString: field.value.pointee.string_value)
      }
    }
    return namespaces
  }

  private func text(_ data: ProtobufCBinaryData) -> String { String(decoding: data.buffer, as: UTF8.self) }
}

extension Answer.Mode {
  fileprivate init(_ mode: ProcessingModeMessage) {
    responseHeaders = mode.response_header_mode.rawValue
    requestBody = BodyMode(number: UInt64(mode.request_body_mode.rawValue))
    responseBody = BodyMode(number: UInt64(mode.response_body_mode.rawValue))
    // Never DEFAULT (0), which Envoy would take for what its configuration says.
    requestTrailers = mode.request_trailer_mode.rawValue != 2
    responseTrailers = mode.response_trailer_mode.rawValue != 2
  }
}
