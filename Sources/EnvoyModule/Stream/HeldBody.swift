internal import CEnvoyModule
internal import Transformation

/// The body of one direction as Envoy holds it: what was buffered before, and in a body hook what has just come.
struct HeldBody {
  let stream: EnvoyStream
  let direction: Direction

  /// Calls `body` with the whole body: borrowed from Envoy when it lies in one piece, else put together in `storage`.
  ///
  /// The last piece lies in the buffered body on 1.36 and 1.37 and apart from it later. Behind a filter that buffers
  /// too, both are the same buffer. `isBodyHook`: something may have just come.
  func withBytes<Result>(
    isBodyHook: Bool, storage: inout [UInt8], _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    let bufferedCount = envoy_body_chunks_count(stream, direction.bufferedBody)
    let receivedCount = isBodyHook ? envoy_body_chunks_count(stream, direction.receivedBody) : 0
    guard bufferedCount &+ receivedCount > 0 else {
      return body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return withUnsafeTemporaryAllocation(of: EnvoyBuffer.self, capacity: bufferedCount &+ receivedCount) {
      chunks in
      var chunks = chunks
      let start = chunks.baseAddress
      if bufferedCount > 0 { _ = envoy_body_chunks(stream, direction.bufferedBody, start) }
      if receivedCount > 0 {
        _ = envoy_body_chunks(stream, direction.receivedBody, start?.advanced(by: bufferedCount))
      }
      if bufferedCount > 0, receivedCount > 0, chunks[0].start == chunks[bufferedCount].start {
        chunks = UnsafeMutableBufferPointer(rebasing: chunks[..<bufferedCount])
      }
      if chunks.count == 1 { return body(chunks[0].bytes) }
      storage.removeAll(keepingCapacity: true)
      storage.reserveCapacity(chunks.reduce(0) { $0 &+ $1.bytes.count })
      for chunk in chunks { storage.append(contentsOf: chunk.bytes) }
      return storage.withUnsafeBytes { body($0) }
    }
  }

  /// Puts `bytes` in the place of all that is held. False when Envoy does not take them.
  ///
  /// In a body hook, only what is added to what has just come goes on; outside, only what is added to the buffer.
  func replace(with bytes: UnsafeRawBufferPointer, isBodyHook: Bool) -> Bool {
    drain(isBodyHook: isBodyHook)
    guard !bytes.isEmpty else { return true }
    let target = isBodyHook ? direction.receivedBody : direction.bufferedBody
    return envoy_append_body(stream, target, EnvoyBuffer(bytes))
  }

  func drain(isBodyHook: Bool) {
    if envoy_body_chunks_count(stream, direction.bufferedBody) > 0 {
      _ = envoy_drain_body(stream, direction.bufferedBody)
    }
    if isBodyHook, envoy_body_chunks_count(stream, direction.receivedBody) > 0 {
      _ = envoy_drain_body(stream, direction.receivedBody)
    }
  }
}
