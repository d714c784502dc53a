internal import CExtProc
internal import CProtobufC
internal import Transformation

/// Builds answers with protobuf-c's structures in an arena and packs them where they are sent from.
///
/// Values of headers and bodies are not copied in between: the structures point into `Mutations.bytes`.
struct AnswerWriter {
  let arena: MessageArena

  /// The answer to headers. A body among the changes replaces whatever body follows.
  func appendHeadersAnswer(
    _ direction: Direction, _ changes: Mutations?, _ override: ModeOverride?,
    to answers: inout OutgoingMessages
  ) {
    let response = arena.make(envoy__service__ext_proc__v3__processing_response__init)
    let headers = arena.make(envoy__service__ext_proc__v3__headers_response__init)
    let common = arena.make(envoy__service__ext_proc__v3__common_response__init)
    headers.pointee.response = common
    switch direction {
    case .request:
      response.pointee.response_case =
        ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_REQUEST_HEADERS
      response.pointee.request_headers = headers
    case .response:
      response.pointee.response_case =
        ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_RESPONSE_HEADERS
      response.pointee.response_headers = headers
    }
    if let override { response.pointee.mode_override = mode(override) }
    guard let changes else { return append(response, to: &answers) }
    changes.bytes.withUnsafeBytes { bytes in
      if let body = changes.body {
        common.pointee.status =
          ENVOY__SERVICE__EXT_PROC__V3__COMMON_RESPONSE__RESPONSE_STATUS__CONTINUE_AND_REPLACE
        common.pointee.body_mutation = bodyMutation(bytes[body])
      }
      // Envoy takes the old content-length away when the body is replaced here, and reads none of ours.
      common.pointee.header_mutation = headerMutation(changes, bytes, contentLength: nil)
      response.pointee.dynamic_metadata = dynamicMetadata(changes, bytes)
      append(response, to: &answers)
    }
  }

  /// The answer to a body, which changes it and the headers that were held for it; without changes it passes.
  /// `statesLength`: a new body's length is told in `content-length`.
  func appendBodyAnswer(
    _ direction: Direction, _ changes: Mutations?, statesLength: Bool = false,
    to answers: inout OutgoingMessages
  ) {
    let (response, common) = bodyResponse(direction)
    guard let changes else { return append(response, to: &answers) }
    changes.bytes.withUnsafeBytes { bytes in
      if let body = changes.body { common.pointee.body_mutation = bodyMutation(bytes[body]) }
      let contentLength = statesLength ? changes.body?.count : nil
      common.pointee.header_mutation = headerMutation(changes, bytes, contentLength: contentLength)
      response.pointee.dynamic_metadata = dynamicMetadata(changes, bytes)
      append(response, to: &answers)
    }
  }

  /// A piece of a body in FULL_DUPLEX_STREAMED mode, sent on as it came.
  func appendEcho(
    _ direction: Direction, _ body: ProtobufCBinaryData, endOfStream: Bool, to answers: inout OutgoingMessages
  ) {
    let (response, common) = bodyResponse(direction)
    let mutation = arena.make(envoy__service__ext_proc__v3__body_mutation__init)
    let piece = arena.make(envoy__service__ext_proc__v3__streamed_body_response__init)
    piece.pointee.body = body
    piece.pointee.end_of_stream = endOfStream ? 1 : 0
    mutation.pointee.mutation_case = ENVOY__SERVICE__EXT_PROC__V3__BODY_MUTATION__MUTATION_STREAMED_RESPONSE
    mutation.pointee.streamed_response = piece
    common.pointee.body_mutation = mutation
    append(response, to: &answers)
  }

  /// The answer to trailers, which pass.
  func appendTrailersAnswer(_ direction: Direction, to answers: inout OutgoingMessages) {
    let response = arena.make(envoy__service__ext_proc__v3__processing_response__init)
    let trailers = arena.make(envoy__service__ext_proc__v3__trailers_response__init)
    switch direction {
    case .request:
      response.pointee.response_case =
        ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_REQUEST_TRAILERS
      response.pointee.request_trailers = trailers
    case .response:
      response.pointee.response_case =
        ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_RESPONSE_TRAILERS
      response.pointee.response_trailers = trailers
    }
    append(response, to: &answers)
  }

  /// An answer to the client in place of the upstream's.
  func appendReply(_ reply: LocalReply, to answers: inout OutgoingMessages) {
    let response = arena.make(envoy__service__ext_proc__v3__processing_response__init)
    let immediate = arena.make(envoy__service__ext_proc__v3__immediate_response__init)
    let status = arena.make(envoy__type__v3__http_status__init)
    // Envoy makes a 200 of what is no status.
    status.pointee.code.rawValue = (200...599).contains(reply.status) ? numericCast(reply.status) : 500
    immediate.pointee.status = status
    immediate.pointee.details = arena.copyCString(reply.details.utf8)
    response.pointee.response_case =
      ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_IMMEDIATE_RESPONSE
    response.pointee.immediate_response = immediate
    var list = HeaderMutationList(arena: arena, setCountMax: 1, removalCountMax: 0)
    "application/json".utf8CString.withUnsafeBytes { type in
      list.set("content-type", UnsafeRawBufferPointer(rebasing: type.dropLast()))
      immediate.pointee.headers = list.message
      reply.body.withUnsafeBytes { body in
        immediate.pointee.body = ProtobufCBinaryData(body)
        append(response, to: &answers)
      }
    }
  }

  private func bodyResponse(
    _ direction: Direction
  ) -> (UnsafeMutablePointer<ProcessingResponseMessage>, UnsafeMutablePointer<CommonResponseMessage>) {
    let response = arena.make(envoy__service__ext_proc__v3__processing_response__init)
    let body = arena.make(envoy__service__ext_proc__v3__body_response__init)
    let common = arena.make(envoy__service__ext_proc__v3__common_response__init)
    body.pointee.response = common
    switch direction {
    case .request:
      response.pointee.response_case =
        ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_REQUEST_BODY
      response.pointee.request_body = body
    case .response:
      response.pointee.response_case =
        ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_RESPONSE__RESPONSE_RESPONSE_BODY
      response.pointee.response_body = body
    }
    return (response, common)
  }

  private func bodyMutation(
    _ body: Slice<UnsafeRawBufferPointer>
  ) -> UnsafeMutablePointer<BodyMutationMessage> {
    let mutation = arena.make(envoy__service__ext_proc__v3__body_mutation__init)
    if body.isEmpty {
      mutation.pointee.mutation_case = ENVOY__SERVICE__EXT_PROC__V3__BODY_MUTATION__MUTATION_CLEAR_BODY
      mutation.pointee.clear_body = 1
    } else {
      mutation.pointee.mutation_case = ENVOY__SERVICE__EXT_PROC__V3__BODY_MUTATION__MUTATION_BODY
      mutation.pointee.body = ProtobufCBinaryData(UnsafeRawBufferPointer(rebasing: body))
    }
    return mutation
  }

  /// Nil when no header changes.
  private func headerMutation(
    _ changes: Mutations, _ bytes: UnsafeRawBufferPointer, contentLength: Int?
  ) -> UnsafeMutablePointer<HeaderMutationMessage>? {
    let headers = changes.headers
    guard !headers.isEmpty || contentLength != nil else { return nil }
    var list = HeaderMutationList(
      arena: arena, setCountMax: headers.count &+ 1, removalCountMax: headers.count)
    for header in headers {
      let value = UnsafeRawBufferPointer(rebasing: bytes[header.value])
      switch header.operation {
      case .set: list.set(header.name.bytes, value)
      case .append: list.append(header.name.bytes, value)
      case .remove: list.remove(header.name.bytes)
      }
    }
    if let contentLength { list.setContentLength(contentLength) }
    return list.message
  }

  /// Nil when no metadata is written.
  private func dynamicMetadata(
    _ changes: Mutations, _ bytes: UnsafeRawBufferPointer
  ) -> UnsafeMutablePointer<StructMessage>? {
    guard !changes.metadata.isEmpty else { return nil }
    var metadata = MetadataStruct(arena: arena, fieldCountMax: changes.metadata.count)
    for entry in changes.metadata {
      metadata.set(entry.namespace, entry.key, bytes[entry.value])
    }
    return metadata.message
  }

  private func mode(_ override: ModeOverride) -> UnsafeMutablePointer<ProcessingModeMessage> {
    let mode = arena.make(envoy__extensions__filters__http__ext_proc__v3__processing_mode__init)
    switch override.responseHeaders {
    case .unchanged: break
    case .send: mode.pointee.response_header_mode = send
    case .skip: mode.pointee.response_header_mode = skip
    }
    mode.pointee.request_body_mode = override.bodies.request.wire
    mode.pointee.response_body_mode = override.bodies.response.wire
    mode.pointee.request_trailer_mode = override.sendsTrailers.request ? send : skip
    mode.pointee.response_trailer_mode = override.sendsTrailers.response ? send : skip
    return mode
  }

  private var send: HeaderSendMode {
    ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__HEADER_SEND_MODE__SEND
  }

  private var skip: HeaderSendMode {
    ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_PROC__V3__PROCESSING_MODE__HEADER_SEND_MODE__SKIP
  }

  private func append(
    _ response: UnsafeMutablePointer<ProcessingResponseMessage>, to answers: inout OutgoingMessages
  ) {
    let message = UnsafeRawPointer(response).assumingMemoryBound(to: ProtobufCMessage.self)
    answers.appendMessage(byteCount: protobuf_c_message_get_packed_size(message)) { place in
      _ = protobuf_c_message_pack(message, place.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
  }
}

extension ProtobufCBinaryData {
  /// Borrows `bytes`, which protobuf-c only reads.
  init(_ bytes: UnsafeRawBufferPointer) {
    let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    self.init(len: bytes.count, data: UnsafeMutablePointer(mutating: data))
  }
}
