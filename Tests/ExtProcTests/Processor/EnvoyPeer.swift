import CExtProc
import CProtobufC
import Logging
import TestPeers

@testable import ExtProc
@testable import GRPC
@testable import Transformation

/// Plays Envoy's side of one `Process` stream: builds messages with protobuf-c, reads the answers.
final class EnvoyPeer {
  /// What one message brought.
  struct Outcome: Equatable {
    var answers: [Answer] = []
    var status: GRPCStatus?
    /// The answer, where exactly one is due.
    var answer: Answer? { answers.count == 1 && status == nil ? answers[0] : nil }
  }

  enum Attribute {
    case text(String)
    case bool(Bool)
    case number(Double)
  }

  /// `protocol_config` of the first message; nil leaves it out.
  struct Modes {
    var request: BodyMode
    var response: BodyMode
    var sendsBodyEarly = false
    init(_ request: BodyMode, _ response: BodyMode = .none, sendsBodyEarly: Bool = false) {
      (self.request, self.response, self.sendsBodyEarly) = (request, response, sendsBodyEarly)
    }
  }

  let log = CapturedLog()
  var isSettled: Bool { stream.isSettled }
  private let stream: ProcessStream
  private var modes: Modes?
  private var attributes: [(String, Attribute)]
  private var observes: Bool
  /// Pseudo-headers come last and in `value`, as agentgateway sends them.
  private let fillsValue: Bool

  init(
    _ configuration: Configuration, modes: Modes? = Modes(.buffered, .buffered),
    allowModeOverride: Bool = false, undeclaredBodyMode: BodyMode = .undeclared, bodySeconds: Int = 300,
    transformation: String? = nil, header: String? = nil, attributes: [(String, Attribute)] = [],
    observes: Bool = false, fillsValue: Bool = false
  ) {
    self.fillsValue = fillsValue
    var options = ProcessService.Options()
    options.allowModeOverride = allowModeOverride
    options.undeclaredBodyMode = undeclaredBodyMode
    options.bodySeconds = bodySeconds
    let log = log
    let service = ProcessService(
      configuration: configuration, options: options, logger: Logger(label: "test") { _ in log.handler })
    var selector = ProcessStream.Selector()
    selector.transformation = transformation
    selector.configuration = header
    stream = ProcessStream(service, selector: selector, metrics: LoopMetrics(), memory: ProcessMemory())
    self.modes = modes
    self.attributes = attributes
    self.observes = observes
  }

  init(
    sharing service: ProcessService, transformation: String? = nil, header: String? = nil,
    modes: Modes? = Modes(.none), attributes: [(String, Attribute)] = [], observes: Bool = false,
    metrics: LoopMetrics = LoopMetrics(), memory: ProcessMemory = ProcessMemory()
  ) {
    fillsValue = false
    var selector = ProcessStream.Selector()
    selector.transformation = transformation
    selector.configuration = header
    stream = ProcessStream(service, selector: selector, metrics: metrics, memory: memory)
    self.modes = modes
    self.attributes = attributes
    self.observes = observes
  }

  /// The stream is over.
  func end() { stream.end() }

  /// Time has passed; `seconds` from now.
  func tick(after seconds: UInt64) -> Outcome {
    var outgoing = OutgoingMessages()
    let now = MonotonicClock.nanoseconds() + seconds * 1_000_000_000
    let status = stream.tick(now: now, into: &outgoing)
    return Outcome(answers: Answer.read(outgoing.bytes), status: status)
  }

  @discardableResult
  func sendHeaders(
    _ direction: Direction = .request, _ headers: [(String, String)] = [], endOfStream: Bool = false
  ) -> Outcome {
    send { message, arena in
      let content = arena.make(envoy__service__ext_proc__v3__http_headers__init)
      content.pointee.headers = EnvoyPeer.packed(
        EnvoyPeer.headerMap(headers, fillsValue: fillsValue, arena), arena)
      content.pointee.end_of_stream = endOfStream ? 1 : 0
      switch direction {
      case .request:
        message.request_case = ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_REQUEST_HEADERS
        message.request_headers = content
      case .response:
        message.request_case = ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_RESPONSE_HEADERS
        message.response_headers = content
      }
    }
  }

  @discardableResult
  func sendBody(_ direction: Direction = .request, _ body: String, endOfStream: Bool = true) -> Outcome {
    send { message, arena in
      let content = arena.make(envoy__service__ext_proc__v3__http_body__init)
      content.pointee.body = ProtobufCBinaryData(
        len: body.utf8.count,
        data: UnsafeMutableRawPointer(arena.copyCString(body.utf8)).assumingMemoryBound(to: UInt8.self))
      content.pointee.end_of_stream = endOfStream ? 1 : 0
      switch direction {
      case .request:
        message.request_case = ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_REQUEST_BODY
        message.request_body = content
      case .response:
        message.request_case = ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_RESPONSE_BODY
        message.response_body = content
      }
    }
  }

  @discardableResult
  func sendTrailers(_ direction: Direction = .request, _ trailers: [(String, String)] = []) -> Outcome {
    send { message, arena in
      let content = arena.make(envoy__service__ext_proc__v3__http_trailers__init)
      content.pointee.trailers = EnvoyPeer.headerMap(trailers, arena)
      switch direction {
      case .request:
        message.request_case = ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_REQUEST_TRAILERS
        message.request_trailers = content
      case .response:
        message.request_case = ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_RESPONSE_TRAILERS
        message.response_trailers = content
      }
    }
  }

  /// A message as it lies on the wire.
  @discardableResult
  func sendBytes(_ bytes: [UInt8]) -> Outcome {
    var outgoing = OutgoingMessages()
    let status = bytes.withUnsafeBytes { stream.receive($0, into: &outgoing) }
    return Outcome(answers: Answer.read(outgoing.bytes), status: status)
  }

  /// Serializes a message with what the first one carries.
  func serialize(
    _ fill: (inout ProcessingRequestMessage, MessageArena) -> Void
  ) -> [UInt8] {
    let arena = MessageArena()
    let message = arena.make(envoy__service__ext_proc__v3__processing_request__init)
    message.pointee.observability_mode = observes ? 1 : 0
    message.pointee.metadata_context = arena.make(envoy__config__core__v3__metadata__init)
    if let modes {
      let config = arena.make(envoy__service__ext_proc__v3__protocol_configuration__init)
      config.pointee.request_body_mode = BodySendMode(UInt32(modes.request.number))
      config.pointee.response_body_mode = BodySendMode(UInt32(modes.response.number))
      config.pointee.send_body_without_waiting_for_header_response = modes.sendsBodyEarly ? 1 : 0
      message.pointee.protocol_config = config
    }
    if !attributes.isEmpty { EnvoyPeer.setAttributes(attributes, &message.pointee, arena) }
    fill(&message.pointee, arena)
    var bytes = [UInt8](
      repeating: 0, count: envoy__service__ext_proc__v3__processing_request__get_packed_size(message))
    envoy__service__ext_proc__v3__processing_request__pack(message, &bytes)
    return bytes
  }

  private func send(_ fill: (inout ProcessingRequestMessage, MessageArena) -> Void) -> Outcome {
    let bytes = serialize(fill)
    modes = nil
    attributes = []
    return sendBytes(bytes)
  }

  /// As it lies on the wire.
  static func packed(
    _ map: UnsafeMutablePointer<HeaderMapMessage>, _ arena: MessageArena
  ) -> ProtobufCBinaryData {
    let byteCount = envoy__config__core__v3__header_map__get_packed_size(map)
    let bytes = arena.allocate(byteCount, of: UInt8.self)
    envoy__config__core__v3__header_map__pack(map, bytes)
    return ProtobufCBinaryData(len: byteCount, data: bytes)
  }

  static func headerMap(
    _ headers: [(String, String)], fillsValue: Bool = false, _ arena: MessageArena
  ) -> UnsafeMutablePointer<HeaderMapMessage> {
    let isPseudo = { (header: (String, String)) in header.0.hasPrefix(":") }
    let headers = fillsValue ? headers.filter { !isPseudo($0) } + headers.filter(isPseudo) : headers
    let map = arena.make(envoy__config__core__v3__header_map__init)
    map.pointee.headers = arena.allocate(headers.count, of: UnsafeMutablePointer<HeaderValueMessage>?.self)
    map.pointee.n_headers = headers.count
    for (index, (name, value)) in headers.enumerated() {
      let header = arena.make(envoy__config__core__v3__header_value__init)
      header.pointee.key = arena.copyCString(name.utf8)
      if fillsValue, name.hasPrefix(":") {
        header.pointee.value = arena.copyCString(value.utf8)
        map.pointee.headers[index] = header
        continue
      }
      header.pointee.raw_value = ProtobufCBinaryData(
        len: value.utf8.count,
        data: UnsafeMutableRawPointer(arena.copyCString(value.utf8)).assumingMemoryBound(to: UInt8.self))
      map.pointee.headers[index] = header
    }
    return map
  }

  private static func setAttributes(
    _ attributes: [(String, Attribute)], _ message: inout ProcessingRequestMessage, _ arena: MessageArena
  ) {
    let fields = arena.make(google__protobuf__struct__init)
    fields.pointee.fields = arena.allocate(
      attributes.count, of: UnsafeMutablePointer<FieldsEntryMessage>?.self)
    fields.pointee.n_fields = attributes.count
    for (index, (name, attribute)) in attributes.enumerated() {
      let value = arena.make(google__protobuf__value__init)
      switch attribute {
      case .text(let text):
        value.pointee.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE
        value.pointee.string_value = arena.copyCString(text.utf8)
      case .bool(let bool):
        value.pointee.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE
        value.pointee.bool_value = bool ? 1 : 0
      case .number(let number):
        value.pointee.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE
        value.pointee.number_value = number
      }
      let field = arena.make(google__protobuf__struct__fields_entry__init)
      field.pointee.key = arena.copyCString(name.utf8)
      field.pointee.value = value
      fields.pointee.fields[index] = field
    }
    let entry = arena.make(envoy__service__ext_proc__v3__processing_request__attributes_entry__init)
    entry.pointee.key = arena.copyCString("envoy.filters.http.ext_proc".utf8)
    entry.pointee.value = fields
    message.attributes = arena.allocate(1, of: UnsafeMutablePointer<AttributesEntryMessage>?.self)
    message.attributes[0] = entry
    message.n_attributes = 1
  }
}

extension Configuration {
  /// The configuration of a test; records an issue and transforms nothing when it does not compile.
  static func of(_ json: String) -> Configuration {
    let (configuration, diagnostics) = load(json: Array(json.utf8))
    guard let configuration else { fatalError("a test's configuration does not compile: \(diagnostics)") }
    return configuration
  }

  static let empty = Configuration(transformations: [:])
}
