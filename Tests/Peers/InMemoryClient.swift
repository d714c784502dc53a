package import CNghttp2
package import GRPC
package import HTTP2
import Synchronization

/// An HTTP/2 client over nghttp2, tied to a server session in memory: no sockets, no clock, no threads.
///
/// Nothing moves until `exchange()` is called.
package final class InMemoryClient {
  /// What the server has sent on one stream.
  package struct Response {
    package var head: [String: String] = [:]
    package var trailers: [String: String] = [:]
    package var body: [UInt8] = []
    /// The server has ended its side.
    package var isEnded = false
    /// The error code with which the stream was closed.
    package var closeCode: UInt32?

    /// `grpc-status`, from the trailers or from a head without any.
    package var grpcStatus: String? { trailers["grpc-status"] ?? head["grpc-status"] }
    package var grpcMessage: String? { trailers["grpc-message"] ?? head["grpc-message"] }
    /// The messages in the body; nil when it does not end at the end of one.
    package var messages: [[UInt8]]? {
      var rest = body[...]
      var messages: [[UInt8]] = []
      while !rest.isEmpty {
        guard rest.count >= 5 else { return nil }
        let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard rest.count >= 5 + length else { return nil }
        messages.append(Array(rest.dropFirst(5).prefix(length)))
        rest = rest.dropFirst(5 + length)
      }
      return messages
    }
  }

  /// One frame from the server.
  package struct Frame: Equatable {
    package var type: UInt32
    package var flags: UInt8
    package var stream: Int32
    package var length: Int
    /// Of RST_STREAM and GOAWAY.
    package var errorCode: UInt32 = 0
    /// Of GOAWAY.
    package var lastStream: Int32 = 0
  }

  private final class Upload {
    /// Each goes out as a DATA frame of its own.
    var chunks: [ArraySlice<UInt8>] = []
    var isEnded = false
    var isWaiting = false
  }

  package let server: HTTP2Session
  package let state: ConnectionState
  /// What nghttp2 holds for the server.
  package let memory = CountingMemory()
  /// Calls that the server refused.
  package var refusals: [CallRefusal] { notes.refusals }
  /// Streams that the server reset, and the end of the connection where that was the client's fault.
  package var resets: [HTTP2Reset] { notes.resets }
  private let notes = Notes()
  private var client: OpaquePointer?
  private var uploads: [Int32: Upload] = [:]
  package private(set) var responses: [Int32: Response] = [:]
  package private(set) var frames: [Frame] = []
  /// What `receive` of the server threw.
  package private(set) var serverError: HTTP2Error?
  /// Forgets streams that are closed, for tests with very many.
  package var forgetsClosedStreams = false
  /// The room that the server gets for each `send`.
  package var roomBytes = 64 << 10

  private final class Notes {
    var refusals: [CallRefusal] = []
    var resets: [HTTP2Reset] = []
  }

  /// Results wait at the server: whoever brought them, on whatever thread, has woken it.
  private let isWoken = Wake()

  private final class Wake: Sendable { let flag = Atomic(false) }

  /// - Parameter windowBytes: how much the server may send on a stream before the client takes note.
  package init(
    methods: [GRPCMethod], limits: GRPCLimits = GRPCLimits(), windowBytes: UInt32 = 1 << 20,
    held: HeldMemory = HeldMemory(bytesMax: 1 << 30)
  ) {
    let notes = notes
    let state = ConnectionState(limits: limits, methods: MethodTable(methods), held: held) {
      notes.refusals.append($0)
    }
    self.state = state
    let isWoken = isWoken
    state.openResults { isWoken.flag.store(true, ordering: .sequentiallyConsistent) }
    server = HTTP2Session(limits: limits.http2, memory: memory.table()) { state.makeCall() }
    server.onReset = { notes.resets.append($0) }
    var callbacks: OpaquePointer?
    nghttp2_session_callbacks_new(&callbacks)
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Self.onHeader)
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Self.onFrame)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Self.onData)
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Self.onClose)
    nghttp2_session_client_new(&client, callbacks, Unmanaged.passUnretained(self).toOpaque())
    nghttp2_session_callbacks_del(callbacks)
    var window = nghttp2_settings_entry(
      settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: windowBytes)
    nghttp2_submit_settings(client, 0, &window, 1)
    nghttp2_session_set_local_window_size(client, 0, 0, 1 << 24)
  }

  deinit { nghttp2_session_del(client) }

  package subscript(_ id: Int32) -> Response { responses[id] ?? Response() }

  // MARK: Requests

  package static let processPath = "/envoy.service.ext_proc.v3.ExternalProcessor/Process"

  /// Opens a stream as Envoy does.
  package func open(
    _ path: String = processPath, method: String = "POST", authority: String = "sidecar",
    contentType: String? = "application/grpc", headers: [(String, String)] = [], end: Bool = false
  ) -> Int32 {
    var fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", authority)]
    fields.append(("te", "trailers"))
    if let contentType { fields.append(("content-type", contentType)) }
    fields += headers
    let strings = fields.map { (Array($0.0.utf8), Array($0.1.utf8)) }
    var storage = strings.flatMap { $0.0 + $0.1 }
    let upload = Upload()
    var provider = nghttp2_data_provider()
    provider.source.ptr = Unmanaged.passUnretained(upload).toOpaque()
    provider.read_callback = Self.readUpload
    let id = storage.withUnsafeMutableBufferPointer { bytes -> Int32 in
      var place = bytes.baseAddress!
      let list = strings.map { name, value -> nghttp2_nv in
        defer { place += name.count + value.count }
        return nghttp2_nv(
          name: place, value: place + name.count, namelen: name.count, valuelen: value.count, flags: 0)
      }
      if end { return nghttp2_submit_request(client, nil, list, list.count, nil, nil) }
      return nghttp2_submit_request(client, nil, list, list.count, &provider, nil)
    }
    uploads[id] = upload
    return id
  }

  /// Sends bytes in a DATA frame of their own (of at most 16 KiB each).
  package func send(_ id: Int32, _ bytes: [UInt8], end: Bool = false) {
    guard let upload = uploads[id] else { return }
    if !bytes.isEmpty { upload.chunks.append(bytes[...]) }
    upload.isEnded = upload.isEnded || end
    guard upload.isWaiting else { return }
    upload.isWaiting = false
    nghttp2_session_resume_data(client, id)
  }

  /// Sends messages, framed, in one DATA frame.
  package func send(_ id: Int32, messages: [[UInt8]], end: Bool = false) {
    send(id, messages.flatMap(Self.frame), end: end)
  }

  package func reset(_ id: Int32, errorCode: UInt32 = 0) {
    nghttp2_submit_rst_stream(client, 0, id, errorCode)
  }

  /// A message with its gRPC prefix.
  package static func frame(_ message: [UInt8]) -> [UInt8] {
    let length = UInt32(message.count)
    return [0, UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
      + message
  }

  // MARK: Moving bytes

  /// Moves bytes both ways until neither side has any. The server gets them in pieces of `pieceBytes`.
  package func exchange(pieceBytes: Int = .max) {
    if isWoken.flag.exchange(false, ordering: .sequentiallyConsistent) { state.deliverResults() }
    var isQuiet = false
    while !isQuiet {
      let sent = toServer(pieceBytes: pieceBytes)
      isQuiet = !toClient() && !sent
    }
  }

  @discardableResult
  package func toServer(pieceBytes: Int = .max) -> Bool {
    var moved = false
    var bytes: UnsafePointer<UInt8>?
    while true {
      let count = nghttp2_session_mem_send(client, &bytes)
      guard count > 0, let bytes else { return moved }
      moved = true
      feed(Array(UnsafeRawBufferPointer(start: bytes, count: count)), pieceBytes: pieceBytes)
    }
  }

  /// Gives the server bytes, whatever they are.
  package func feed(_ bytes: [UInt8], pieceBytes: Int = .max) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieceBytes))
      rest = rest.dropFirst(piece.count)
      piece.withUnsafeBytes { piece in
        var taken = 0
        repeat {
          do throws(HTTP2Error) {
            taken += try server.receive(UnsafeRawBufferPointer(rebasing: piece.dropFirst(taken)))
          } catch {
            serverError = error
            return
          }
        } while server.isPaused
      }
    }
  }

  @discardableResult
  package func toClient() -> Bool {
    var moved = false
    var room = [UInt8](repeating: 0, count: roomBytes)
    repeat {
      let count = room.withUnsafeMutableBytes { server.send(into: $0) }
      if count > 0 { moved = true }
      _ = nghttp2_session_mem_recv(client, room, count)
    } while server.hasMore
    return moved
  }

  // MARK: What the server sent

  package var goAways: [Frame] { frames.filter { $0.type == NGHTTP2_GOAWAY.rawValue } }
  package func frames(_ type: nghttp2_frame_type, on id: Int32) -> [Frame] {
    frames.filter { $0.type == type.rawValue && $0.stream == id }
  }

  private static func with<Result>(_ user: UnsafeMutableRawPointer?, _ body: (InMemoryClient) -> Result)
    -> Result
  {
    body(Unmanaged<InMemoryClient>.fromOpaque(user!).takeUnretainedValue())
  }

  private static let readUpload: nghttp2_data_source_read_callback = { _, _, buffer, room, flags, source, _ in
    let upload = Unmanaged<Upload>.fromOpaque(source!.pointee.ptr).takeUnretainedValue()
    guard let chunk = upload.chunks.first else {
      if upload.isEnded {
        flags!.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
        return 0
      }
      upload.isWaiting = true
      return Int(NGHTTP2_ERR_DEFERRED.rawValue)
    }
    let part = chunk.prefix(room)
    for (index, byte) in part.enumerated() { buffer![index] = byte }
    if part.count == chunk.count {
      upload.chunks.removeFirst()
    } else {
      upload.chunks[0] = chunk.dropFirst(room)
    }
    if upload.chunks.isEmpty, upload.isEnded { flags!.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
    return part.count
  }

  private static let onHeader: nghttp2_on_header_callback = {
    _, frame, name, nameCount, value, valueCount, _, user in
    with(user) { client in
      let name = String(decoding: UnsafeRawBufferPointer(start: name, count: nameCount), as: UTF8.self)
      let value = String(decoding: UnsafeRawBufferPointer(start: value, count: valueCount), as: UTF8.self)
      let id = frame!.pointee.hd.stream_id
      if frame!.pointee.headers.cat == NGHTTP2_HCAT_RESPONSE {
        client.responses[id, default: Response()].head[name] = value
      } else {
        client.responses[id, default: Response()].trailers[name] = value
      }
    }
    return 0
  }

  private static let onFrame: nghttp2_on_frame_recv_callback = { _, pointer, user in
    with(user) { client in
      let head = pointer!.pointee.hd
      var frame = Frame(
        type: UInt32(head.type), flags: head.flags, stream: head.stream_id, length: head.length)
      if frame.type == NGHTTP2_RST_STREAM.rawValue {
        frame.errorCode = pointer!.pointee.rst_stream.error_code
      }
      if frame.type == NGHTTP2_GOAWAY.rawValue {
        frame.errorCode = pointer!.pointee.goaway.error_code
        frame.lastStream = pointer!.pointee.goaway.last_stream_id
      }
      if !client.forgetsClosedStreams { client.frames.append(frame) }
      let carries = frame.type == NGHTTP2_DATA.rawValue || frame.type == NGHTTP2_HEADERS.rawValue
      if carries, UInt32(frame.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0 {
        client.responses[frame.stream, default: Response()].isEnded = true
      }
    }
    return 0
  }

  private static let onData: nghttp2_on_data_chunk_recv_callback = { _, _, id, bytes, count, user in
    with(user) {
      $0.responses[id, default: Response()].body += UnsafeBufferPointer(start: bytes, count: count)
    }
    return 0
  }

  private static let onClose: nghttp2_on_stream_close_callback = { _, id, code, user in
    with(user) { client in
      client.uploads[id] = nil
      if client.forgetsClosedStreams {
        client.responses[id] = nil
      } else {
        client.responses[id, default: Response()].closeCode = code
      }
    }
    return 0
  }
}
