internal import CEnvoyModule
internal import Transformation

/// Which hook of a message runs.
enum MessagePhase {
  case headers(endOfStream: Bool)
  case body(endOfStream: Bool)
  case trailers

  /// Of a message whose body is over with it.
  var hasTrailers: Bool {
    if case .body(endOfStream: true) = self { return false }
    return true
  }

  var isBodyHook: Bool {
    if case .body = self { return true }
    return false
  }
}

/// What comes out of a phase.
enum PhaseOutcome {
  case decided(MessageStage.Decision)
  indirect case refused(LocalReply)

  var refusal: LocalReply? {
    if case .refused(let reply) = self { reply } else { nil }
  }
}

/// Puts what comes out of a phase into the message that Envoy holds.
struct MessageChanges {
  private let stream: EnvoyStream
  private let direction: Direction
  private let phase: MessagePhase

  init(_ stream: EnvoyStream, _ direction: Direction, _ phase: MessagePhase) {
    self.stream = stream
    self.direction = direction
    self.phase = phase
  }

  /// All of it: headers, metadata, the body; and tells of it. Nil when Envoy does not take the new body.
  func apply(
    _ mutations: Mutations, _ report: Report, of transformation: @autoclosure () -> Transformation?,
    since start: UInt64
  ) -> MessageStage.Decision? {
    if let reason = mutations.skipped { report.skipped(direction, reason, of: transformation(), stream) }
    if applyHeaders(mutations) > 0 { report.cookiesLeftOut(direction, of: transformation(), stream) }
    setMetadata(mutations)
    if mutations.effects.contains(.clearRouteCache) { envoy_clear_route_cache(stream) }
    report.transformed(direction, since: start, stream)
    return applyBody(mutations)
  }

  /// Returns how many cookies could not be added.
  private func applyHeaders(_ mutations: Mutations) -> Int {
    var changes = HeaderChanges(stream, direction)
    changes.apply(mutations)
    if let body = mutations.body { changes.applyLength(mutations.bodyLength, of: body.count, in: phase) }
    return changes.cookiesLeftOut
  }

  /// The last thing to do: Envoy may send on what it gets.
  private func applyBody(_ mutations: Mutations) -> MessageStage.Decision? {
    guard let range = mutations.body else { return .goOn }
    if case .headers(endOfStream: false) = phase { return .newBody(Array(mutations.bytes[range])) }
    return mutations.bytes.withUnsafeBytes { bytes in
      let body = UnsafeRawBufferPointer(rebasing: bytes[range])
      return StreamBuffers(stream, direction).replace(with: body, isBodyHook: phase.isBodyHook)
        ? .goOn : nil
    }
  }

  /// Puts a new body in the place of one that nothing read. False when Envoy does not take it.
  static func replaceBody(
    with bytes: [UInt8], _ source: EnvoySource, _ stream: EnvoyStream, _ direction: Direction,
    _ phase: MessagePhase
  ) -> Bool {
    let length = Framing.lengthOfNewBody(declared: source.declaredLength, hasTrailers: phase.hasTrailers)
    HeaderChanges(stream, direction).applyLength(length, of: bytes.count, in: phase)
    return bytes.withUnsafeBytes {
      StreamBuffers(stream, direction).replace(with: $0, isBodyHook: phase.isBodyHook)
    }
  }

  private func setMetadata(_ mutations: Mutations) {
    guard !mutations.metadata.isEmpty else { return }
    mutations.bytes.withUnsafeBytes { bytes in
      for entry in mutations.metadata {
        let value = EnvoyBuffer(UnsafeRawBufferPointer(rebasing: bytes[entry.value]))
        entry.namespace.withEnvoyBuffer { namespace in
          entry.key.withEnvoyBuffer { key in envoy_set_metadata(stream, namespace, key, value) }
        }
      }
    }
  }
}
