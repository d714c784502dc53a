internal import GRPC
internal import Transformation

/// Writes answers (`ProcessingResponse`) where they are sent from: their size first, then their bytes. Only dynamic
/// metadata, which few transformations write, is built with protobuf-c, in an arena.
struct AnswerWriter {
  let arena: MessageArena

  /// The answer to headers. A body among the changes replaces whatever body follows.
  func appendHeadersAnswer(
    _ direction: Direction, _ changes: borrowing Mutations, _ override: ModeOverride?,
    to answers: inout OutgoingMessages
  ) {
    let metadata = dynamicMetadata(changes)
    let mode = override.map { ModeFields($0) }
    // Envoy takes any content-length away when the body is replaced here, whatever `bodyLength` is. agentgateway, which
    // does not know that the body is replaced, holds the new one against it.
    let common = CommonResponseSize(
      changes, replacesFollowingBody: true, contentLength: changes.body?.count)
    append(phaseBytes: common.byteCount, metadata, mode, to: &answers) { writer in
      common.write(changes, field: direction == .request ? 1 : 2, &writer)
    }
  }

  /// The answer to headers that pass, as they are or until their body is here.
  func appendHeadersPass(
    _ direction: Direction, _ override: ModeOverride?, to answers: inout OutgoingMessages
  ) {
    let mode = override.map { ModeFields($0) }
    append(phaseBytes: CommonResponseSize.emptyByteCount, nil, mode, to: &answers) { writer in
      CommonResponseSize.writeEmpty(field: direction == .request ? 1 : 2, &writer)
    }
  }

  /// The answer to a body, which changes it and the headers that were held for it.
  func appendBodyAnswer(
    _ direction: Direction, _ changes: borrowing Mutations, to answers: inout OutgoingMessages
  ) {
    let metadata = dynamicMetadata(changes)
    let contentLength = changes.bodyLength == .state ? changes.body?.count : nil
    let common = CommonResponseSize(changes, replacesFollowingBody: false, contentLength: contentLength)
    append(phaseBytes: common.byteCount, metadata, nil, to: &answers) { writer in
      common.write(changes, field: direction == .request ? 3 : 4, &writer)
    }
  }

  /// The answer to a body that passes.
  func appendBodyPass(_ direction: Direction, to answers: inout OutgoingMessages) {
    append(phaseBytes: CommonResponseSize.emptyByteCount, nil, nil, to: &answers) { writer in
      CommonResponseSize.writeEmpty(field: direction == .request ? 3 : 4, &writer)
    }
  }

  /// The answer to a body that another one has taken the place of, with the headers. Its length was stated there; here
  /// agentgateway would hold it against what is left of this body.
  func appendBodyDrop(_ direction: Direction, to answers: inout OutgoingMessages) {
    var changes = Mutations()
    if let name = HeaderName("content-length") { changes.removeHeader(name) }
    changes.clearBody()
    appendBodyAnswer(direction, changes, to: &answers)
  }

  /// A piece of a body in FULL_DUPLEX_STREAMED mode, sent on as it came.
  func appendEcho(
    _ direction: Direction, _ body: UnsafeRawBufferPointer, endOfStream: Bool,
    to answers: inout OutgoingMessages
  ) {
    // BodyResponse.response, CommonResponse.body_mutation, BodyMutation.streamed_response.
    let piece = (body.isEmpty ? 0 : WireSize.field(body.count)) &+ (endOfStream ? 2 : 0)
    let mutation = WireSize.field(piece)
    let common = WireSize.field(mutation)
    let response = WireSize.field(common)
    append(phaseBytes: WireSize.field(response), nil, nil, to: &answers) { writer in
      writer.message(direction == .request ? 3 : 4, byteCount: response)
      writer.message(1, byteCount: common)
      writer.message(3, byteCount: mutation)
      writer.message(3, byteCount: piece)
      if !body.isEmpty { writer.bytes(1, body) }
      if endOfStream { writer.value(2, 1) }
    }
  }

  /// The answer to trailers, which pass. Of the changes, Envoy takes dynamic metadata here and nothing else.
  func appendTrailersAnswer(
    _ direction: Direction, metadataOf changes: borrowing Mutations, to answers: inout OutgoingMessages
  ) {
    append(phaseBytes: WireSize.field(0), dynamicMetadata(changes), nil, to: &answers) { writer in
      writer.message(direction == .request ? 5 : 6, byteCount: 0)
    }
  }

  /// An answer to the client in place of the upstream's.
  func appendReply(_ reply: LocalReply, to answers: inout OutgoingMessages) {
    let sets = reply.headers.map { header in
      (
        set: HeaderSet(name: Array(header.name.utf8), valueCount: header.value.count, isAppended: false),
        value: header.value
      )
    }
    // Envoy makes a 200 of what is no status.
    let code = (200...599).contains(reply.status) ? reply.status : 500
    let status = 1 &+ WireSize.varint(code)
    let details = Array(reply.details.utf8)
    let headers = sets.reduce(0) { $0 &+ WireSize.field($1.set.byteCount) }
    let grpcStatus = reply.grpcStatus.map { 1 &+ WireSize.varint($0) }
    var response = WireSize.field(status) &+ WireSize.field(headers)
    if !reply.body.isEmpty { response &+= WireSize.field(reply.body.count) }
    if let grpcStatus { response &+= WireSize.field(grpcStatus) }
    if !details.isEmpty { response &+= WireSize.field(details.count) }
    append(phaseBytes: WireSize.field(response), nil, nil, to: &answers) { writer in
      writer.message(7, byteCount: response)
      writer.message(1, byteCount: status)
      writer.value(1, code)
      writer.message(2, byteCount: headers)
      for (set, value) in sets { value.withUnsafeBytes { set.write($0, &writer) } }
      if !reply.body.isEmpty { writer.bytes(3, reply.body) }
      if let grpcStatus, let number = reply.grpcStatus {
        writer.message(4, byteCount: grpcStatus)
        writer.value(1, number)
      }
      if !details.isEmpty { writer.bytes(5, details) }
    }
  }

  /// `ProcessingResponse`: a phase, which `write` writes, and what may come with each.
  private func append(
    phaseBytes: Int, _ metadata: MetadataStruct?, _ mode: ModeFields?, to answers: inout OutgoingMessages,
    _ write: (inout WireWriter) -> Void
  ) {
    var byteCount = phaseBytes
    if let metadata { byteCount &+= WireSize.field(metadata.packedByteCount) }
    if let mode { byteCount &+= WireSize.field(mode.byteCount) }
    answers.appendMessage(byteCount: byteCount) { room in
      var writer = WireWriter(room)
      write(&writer)
      if let metadata { metadata.write(field: 8, &writer) }
      if let mode { mode.write(field: 9, &writer) }
    }
  }

  /// Nil when no metadata is written.
  private func dynamicMetadata(_ changes: borrowing Mutations) -> MetadataStruct? {
    guard !changes.metadata.isEmpty else { return nil }
    var metadata = MetadataStruct(arena: arena, fieldCountMax: changes.metadata.count)
    changes.bytes.withUnsafeBytes { bytes in
      for entry in changes.metadata { metadata.set(entry.namespace, entry.key, bytes[entry.value]) }
    }
    return metadata
  }
}

/// A `CommonResponse` inside the `HeadersResponse` or `BodyResponse` that is its phase.
private struct CommonResponseSize {
  private let contentLength: Int?
  private let replacesFollowingBody: Bool
  private let clearsRouteCache: Bool
  private var headerMutation = 0
  private var bodyMutation = 0
  private var common = 0

  /// - Parameter replacesFollowingBody: a body among the changes takes the place of one that Envoy has not sent.
  init(_ changes: borrowing Mutations, replacesFollowingBody: Bool, contentLength: Int?) {
    self.contentLength = contentLength
    self.replacesFollowingBody = replacesFollowingBody && changes.body != nil
    clearsRouteCache = changes.effects.contains(.clearRouteCache)
    for header in changes.headers {
      switch header.operation {
      case .set, .append: headerMutation &+= WireSize.field(HeaderSet(header).byteCount)
      case .remove: headerMutation &+= WireSize.field(header.name.bytes.count)
      }
    }
    if let contentLength { headerMutation &+= WireSize.field(Self.lengthHeader(contentLength).byteCount) }
    if let body = changes.body { bodyMutation = body.isEmpty ? 2 : WireSize.field(body.count) }
    if self.replacesFollowingBody { common &+= 2 }
    if hasHeaderMutation { common &+= WireSize.field(headerMutation) }
    if bodyMutation > 0 { common &+= WireSize.field(bodyMutation) }
    if clearsRouteCache { common &+= 2 }
  }

  /// Envoy clears the route cache only where there is one, be it empty.
  private var hasHeaderMutation: Bool { headerMutation > 0 || clearsRouteCache }

  /// Of the field that holds the phase.
  var byteCount: Int { WireSize.field(WireSize.field(common)) }

  func write(_ changes: borrowing Mutations, field: UInt8, _ writer: inout WireWriter) {
    writer.message(field, byteCount: WireSize.field(common))
    writer.message(1, byteCount: common)
    // CONTINUE_AND_REPLACE
    if replacesFollowingBody { writer.value(1, 1) }
    changes.bytes.withUnsafeBytes { bytes in
      if hasHeaderMutation { writeHeaders(changes, bytes, &writer) }
      if let body = changes.body { writeBody(UnsafeRawBufferPointer(rebasing: bytes[body]), &writer) }
    }
    if clearsRouteCache { writer.value(5, 1) }
  }

  private func writeBody(_ body: UnsafeRawBufferPointer, _ writer: inout WireWriter) {
    writer.message(3, byteCount: bodyMutation)
    if body.isEmpty {
      // clear_body
      writer.value(2, 1)
    } else {
      writer.bytes(1, body)
    }
  }

  private func writeHeaders(
    _ changes: borrowing Mutations, _ bytes: UnsafeRawBufferPointer, _ writer: inout WireWriter
  ) {
    writer.message(2, byteCount: headerMutation)
    for header in changes.headers {
      switch header.operation {
      case .set, .append:
        HeaderSet(header).write(UnsafeRawBufferPointer(rebasing: bytes[header.value]), &writer)
      case .remove: writer.bytes(2, header.name.bytes)
      }
    }
    guard let contentLength else { return }
    withUnsafeTemporaryAllocation(byteCount: ContentLength.roomBytes, alignment: 1) { room in
      let digits = ContentLength.spell(contentLength, in: room)
      Self.lengthHeader(contentLength).write(digits, &writer)
    }
  }

  static let emptyByteCount = 4

  /// Nothing changes.
  static func writeEmpty(field: UInt8, _ writer: inout WireWriter) {
    writer.message(field, byteCount: 2)
    writer.message(1, byteCount: 0)
  }

  private static let lengthName = Array("content-length".utf8)

  private static func lengthHeader(_ length: Int) -> HeaderSet {
    var digits = 1
    var rest = length / 10
    while rest > 0 {
      digits &+= 1
      rest /= 10
    }
    return HeaderSet(name: lengthName, valueCount: digits, isAppended: false)
  }
}

/// A `HeaderValueOption` of a `HeaderMutation`.
///
/// Envoy reads of a value only `raw_value`, and to append only `append`, which is deprecated; other proxies read only
/// `append_action`. So both are always sent.
private struct HeaderSet {
  private let name: [UInt8]
  private let isAppended: Bool
  private let header: Int
  /// Of the message.
  let byteCount: Int

  init(_ header: Mutations.Header) {
    self.init(
      name: header.name.bytes, valueCount: header.value.count, isAppended: header.operation == .append)
  }

  init(name: [UInt8], valueCount: Int, isAppended: Bool) {
    self.name = name
    self.isAppended = isAppended
    header = WireSize.field(name.count) &+ (valueCount > 0 ? WireSize.field(valueCount) : 0)
    byteCount = WireSize.field(header) &+ 4
  }

  /// As a member of `set_headers`.
  func write(_ value: UnsafeRawBufferPointer, _ writer: inout WireWriter) {
    writer.message(1, byteCount: byteCount)
    writer.message(1, byteCount: header)
    writer.bytes(1, name)
    if !value.isEmpty { writer.bytes(3, value) }
    // append, a BoolValue, and append_action: APPEND_IF_EXISTS_OR_ADD, which is 0 and not written, or
    // OVERWRITE_IF_EXISTS_OR_ADD.
    writer.message(2, byteCount: isAppended ? 2 : 0)
    if isAppended {
      writer.value(1, 1)
    } else {
      writer.value(3, 2)
    }
  }
}

/// A `ProcessingMode` as `mode_override`. Members that are 0 are not written.
private struct ModeFields {
  /// Its fields 2 to 6.
  private let values: (Int, Int, Int, Int, Int)
  let byteCount: Int

  init(_ override: ModeOverride) {
    let responseHeaders =
      switch override.responseHeaders {
      case .unchanged: 0
      case .send: Self.send
      case .skip: Self.skip
      }
    values = (
      responseHeaders, override.bodies.request.number, override.bodies.response.number,
      override.sendsTrailers.request ? Self.send : Self.skip,
      override.sendsTrailers.response ? Self.send : Self.skip
    )
    // The two for trailers are never 0.
    byteCount = (values.0 > 0 ? 2 : 0) &+ (values.1 > 0 ? 2 : 0) &+ (values.2 > 0 ? 2 : 0) &+ 4
  }

  func write(field: UInt8, _ writer: inout WireWriter) {
    writer.message(field, byteCount: byteCount)
    if values.0 > 0 { writer.value(2, values.0) }
    if values.1 > 0 { writer.value(3, values.1) }
    if values.2 > 0 { writer.value(4, values.2) }
    writer.value(5, values.3)
    writer.value(6, values.4)
  }

  /// HeaderSendMode
  private static let send = 1
  private static let skip = 2
}
