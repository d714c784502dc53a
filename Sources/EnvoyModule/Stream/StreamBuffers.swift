internal import CEnvoyModule
internal import Transformation

/// What one direction of a stream has in Envoy's buffers. Nothing else touches them.
///
/// RECEIVED is the piece that a body hook is about, and is there only in it. BUFFERED is one buffer for all filters of
/// the direction and the router, which keeps in it what another try would need. So the rules are:
///
/// - While the message passes, BUFFERED belongs to others and is left alone: see `pass` for the one exception.
/// - From the headers on until it lets the message go, a filter that holds the headers is the last one that has seen
///   anything of it. Whatever is in BUFFERED then was put there for it: by its own status, by Envoy 1.36 and 1.37, which
///   move the last piece there, or by a filter before this one that waited. It may be read, and be drained.
/// - What goes on is what is in RECEIVED after a body hook, behind what this filter had held; outside of body hooks,
///   BUFFERED.
struct StreamBuffers {
  private let stream: EnvoyStream
  private let direction: Direction

  init(_ stream: EnvoyStream, _ direction: Direction) {
    self.stream = stream
    self.direction = direction
  }

  // MARK: A body that passes

  /// 1.36 and 1.37, when there is a buffer; there alone `PassedBody` is used.
  private static var hidesLastPiece: Bool { envoy_line().rawValue < ENVOY_1_38.rawValue }

  /// The headers of a message with a body are here, as they came.
  @inline(__always)
  func begin(_ passed: inout PassedBody) {
    guard StreamBuffers.hidesLastPiece else { return }
    let length = firstValue("content-length", of: direction.headers).flatMap {
      ContentLength.parse($0)
    }
    // The response has that of the request.
    let type = length == nil ? firstValue("content-type", of: ENVOY_REQUEST_HEADERS) : nil
    passed.begin(declaredLength: length, isGRPC: type.map { MediaType.isGRPC($0) } ?? false)
  }

  /// Lets a piece go on. False when it is the last one, and cannot be told from what others keep of the body.
  @inline(__always)
  func pass(_ passed: inout PassedBody, endOfStream: Bool) -> Bool {
    guard StreamBuffers.hidesLastPiece else { return true }
    return endOfStream ? handOnLastPiece(passed) : notePiece(&passed)
  }

  private func notePiece(_ passed: inout PassedBody) -> Bool {
    BodyChunks.with(direction.receivedBody, of: stream) { received in
      BodyChunks.with(direction.bufferedBody, of: stream) { buffered in
        passed.pass(received, keptCount: buffered.isSame(as: received) ? 0 : buffered.byteCount)
      }
    }
    return true
  }

  /// Takes the last piece out of what others keep, and lets it go on as the piece that it is.
  private func handOnLastPiece(_ passed: PassedBody) -> Bool {
    guard envoy_body_chunks_count(stream, direction.receivedBody) == 0 else { return true }
    var bytes: [UInt8] = []
    let last: Int? = BodyChunks.with(direction.bufferedBody, of: stream) { buffered in
      guard buffered.byteCount > 0 else { return 0 }
      guard let last = passed.lastPiece(in: buffered) else { return endsWithEmptyPiece() ? 0 : nil }
      if last > 0 { buffered.copy(into: &bytes) }
      return last
    }
    guard let last else { return false }
    guard last > 0 else { return true }
    _ = envoy_drain_body(stream, direction.bufferedBody)
    return bytes.withUnsafeBytes { bytes in
      let kept = UnsafeRawBufferPointer(rebasing: bytes.dropLast(last))
      let isKept = kept.isEmpty || envoy_append_body(stream, direction.bufferedBody, EnvoyBuffer(kept))
      let piece = UnsafeRawBufferPointer(rebasing: bytes.suffix(last))
      return isKept && envoy_append_body(stream, direction.receivedBody, EnvoyBuffer(piece))
    }
  }

  /// HTTP/1 tells the end of a body that came in chunks by itself, with no bytes.
  private func endsWithEmptyPiece() -> Bool {
    switch direction {
    case .request: EnvoyAttribute.isHTTP1(stream)
    case .response: firstValue("transfer-encoding", of: direction.headers) != nil
    }
  }

  // MARK: A body that is held

  /// Whether a body hook is the last one of its direction.
  ///
  /// Envoy's decompressor adds trailers with the last data of a response. Envoy then says that this is not the end,
  /// and calls no further hook of a filter that stops there (envoyproxy/envoy#21205). Its trailers tell it. Others do not:
  /// a filter that holds the trailers until its data has gone on, as ext_proc does, shows them with each piece.
  func isLast(endOfStream: Bool) -> Bool {
    endOfStream || (direction == .response && hasTrailersOfDecompressor())
  }

  /// Calls `body` with the whole body: borrowed from Envoy when it lies in one piece, else put together in `storage`.
  /// `isBodyHook`: something may have just come.
  ///
  /// The last piece lies in BUFFERED on 1.36 and 1.37 and apart from it later. Behind a filter that waited, both are the
  /// same buffer.
  func withBytes<Result>(
    isBodyHook: Bool, storage: inout [UInt8],
    _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    BodyChunks.with(direction.bufferedBody, of: stream) { buffered in
      guard isBodyHook else { return StreamBuffers.join(buffered, nil, &storage, body) }
      return BodyChunks.with(direction.receivedBody, of: stream) { received in
        StreamBuffers.join(buffered, buffered.isSame(as: received) ? nil : received, &storage, body)
      }
    }
  }

  private static func join<Result>(
    _ first: BodyChunks, _ second: BodyChunks?, _ storage: inout [UInt8],
    _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    let secondCount = second?.chunks.count ?? 0
    if first.chunks.count &+ secondCount <= 1 {
      let only = first.chunks.first ?? second?.chunks.first
      return body(only?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0))
    }
    first.copy(into: &storage)
    second?.forEachPiece { storage.append(contentsOf: $0) }
    return storage.withUnsafeBytes { body($0) }
  }

  /// How a body hook holds the piece that has just come. Nil when that gets longer than Envoy's buffer, or than is waited
  /// for: the body is to go on without being read.
  ///
  /// All that is held is looked at only where the sum of the pieces is too much: done with each piece, it would be quadratic in
  /// their number. The sum is never too small. It may be too large: behind a filter that waited, a piece is all that is held.
  ///
  /// - Parameters:
  ///   - bytesMax: nil where it is refused then.
  ///   - held: how much is held at most, from piece to piece; nil before the first.
  func hold(upTo bytesMax: Int?, _ held: inout Int?) -> EnvoyBodyStatus? {
    guard let bytesMax else { return ENVOY_BODY_STOP_AND_BUFFER }
    let limit = Int(clamping: envoy_buffer_limit(stream))
    let most = limit > 0 ? min(limit, bytesMax) : bytesMax
    var count = held.map { $0 &+ pieceByteCount() } ?? heldByteCount()
    if held != nil, count > most { count = heldByteCount() }
    held = count
    if count > most { return nil }
    // Envoy puts what goes on into its buffer first, and answers with an error when that is over the limit, unless it
    // was told before to stop the peer. Where its limit is not known, a peer could be stopped so for ever.
    return limit > 0 ? ENVOY_BODY_STOP_AND_WATERMARK : ENVOY_BODY_STOP_AND_BUFFER
  }

  private func pieceByteCount() -> Int {
    BodyChunks.with(direction.receivedBody, of: stream) { $0.byteCount }
  }

  /// How much a body hook holds, the piece that has just come included.
  private func heldByteCount() -> Int {
    BodyChunks.with(direction.bufferedBody, of: stream) { buffered in
      BodyChunks.with(direction.receivedBody, of: stream) { received in
        received.byteCount &+ (buffered.isSame(as: received) ? 0 : buffered.byteCount)
      }
    }
  }

  /// Lets go on what a body hook holds, and the rest of the body as it comes.
  func release(_ passed: inout PassedBody) {
    guard StreamBuffers.hidesLastPiece else { return }
    BodyChunks.with(direction.bufferedBody, of: stream) { buffered in
      BodyChunks.with(direction.receivedBody, of: stream) { received in
        passed.pass(buffered, keptCount: nil)
        if !buffered.isSame(as: received) { passed.pass(received, keptCount: nil) }
      }
    }
  }

  /// Drops the piece that has just come, of a body that is replaced.
  func dropPiece() {
    if envoy_body_chunks_count(stream, direction.receivedBody) > 0 {
      _ = envoy_drain_body(stream, direction.receivedBody)
    }
  }

  /// Puts `bytes` in the place of all that is held. False when Envoy does not take them.
  func replace(with bytes: UnsafeRawBufferPointer, isBodyHook: Bool) -> Bool {
    if envoy_body_chunks_count(stream, direction.bufferedBody) > 0 {
      _ = envoy_drain_body(stream, direction.bufferedBody)
    }
    if isBodyHook { dropPiece() }
    guard !bytes.isEmpty else { return true }
    let target = isBodyHook ? direction.receivedBody : direction.bufferedBody
    return envoy_append_body(stream, target, EnvoyBuffer(bytes))
  }

  /// Whether a body hook brings something.
  func hasPiece() -> Bool {
    envoy_body_chunks_count(stream, direction.receivedBody) > 0
  }

  // MARK: What the message tells

  /// Of the response's trailers.
  func grpcStatus() -> UnsafeRawBufferPointer? { firstValue("grpc-status", of: ENVOY_RESPONSE_TRAILERS) }

  /// The trailers are those alone that the decompressor counts its bytes in.
  private func hasTrailersOfDecompressor() -> Bool {
    let count = envoy_headers_count(stream, ENVOY_RESPONSE_TRAILERS)
    guard count > 0 else { return false }
    return withUnsafeTemporaryAllocation(of: EnvoyHeader.self, capacity: count) { trailers in
      guard envoy_headers(stream, ENVOY_RESPONSE_TRAILERS, trailers.baseAddress) else { return false }
      return trailers.allSatisfy { trailer in
        let name = EnvoyBuffer(start: trailer.name, count: trailer.name_count).bytes
        return name.suffix(17).elementsEqual("-compressed-bytes".utf8)
          || name.suffix(19).elementsEqual("-uncompressed-bytes".utf8)
      }
    }
  }

  private func firstValue(_ name: StaticString, of map: EnvoyHeaderMap)
    -> UnsafeRawBufferPointer?
  {
    var value = EnvoyBuffer(start: nil, count: 0)
    var count = 0
    guard envoy_get_header(stream, map, EnvoyBuffer(name), 0, &value, &count) else {
      return nil
    }
    return value.bytes
  }
}

extension Direction {
  fileprivate var receivedBody: EnvoyBody {
    switch self {
    case .request: ENVOY_RECEIVED_REQUEST_BODY
    case .response: ENVOY_RECEIVED_RESPONSE_BODY
    }
  }

  fileprivate var bufferedBody: EnvoyBody {
    switch self {
    case .request: ENVOY_BUFFERED_REQUEST_BODY
    case .response: ENVOY_BUFFERED_RESPONSE_BODY
    }
  }
}
