internal import CEnvoyModule
internal import Transformation

/// Which hook of a message runs.
enum MessagePhase {
  case headers(endOfStream: Bool)
  case body(endOfStream: Bool)
  case trailers

  var isBodyHook: Bool {
    if case .body = self { return true }
    return false
  }
}

/// Puts what comes out of a phase into the message that Envoy holds.
struct MessageChanges {
  enum BodyOutcome {
    /// All is done.
    case done
    /// The message is held, and this goes on in the place of whatever body follows.
    case follows([UInt8])
    /// Envoy does not take the new body.
    case notTaken
  }

  private let stream: EnvoyStream
  private let direction: Direction
  private let phase: MessagePhase
  private let mutations: Mutations
  /// Whether a new body's length is told in `content-length`, now or when it goes on.
  let statesLength: Bool

  /// `source` has the headers of the message.
  init(
    _ mutations: Mutations, _ stream: EnvoyStream, _ direction: Direction, _ phase: MessagePhase,
    _ source: EnvoySource
  ) {
    self.mutations = mutations
    self.stream = stream
    self.direction = direction
    self.phase = phase
    statesLength = mutations.body != nil && MessageChanges.statesLength(phase, source)
  }

  /// Headers and metadata. Returns how many cookies could not be added.
  func applyHeaders() -> Int {
    var changes = HeaderChanges(stream, direction)
    changes.apply(mutations)
    if let body = mutations.body {
      switch phase {
      // Told when it goes on.
      case .headers(endOfStream: false): break
      // The new body goes out chunked, as behind the sidecar.
      case .headers: changes.removeContentLength()
      case .body, .trailers: if statesLength { changes.setContentLength(body.count) }
      }
    }
    setMetadata()
    return changes.cookiesLeftOut
  }

  /// The last thing to do: Envoy may send on what it gets.
  func applyBody() -> BodyOutcome {
    guard let range = mutations.body else { return .done }
    if case .headers(endOfStream: false) = phase { return .follows(Array(mutations.bytes[range])) }
    return mutations.bytes.withUnsafeBytes { bytes in
      let body = UnsafeRawBufferPointer(rebasing: bytes[range])
      return StreamBuffers(stream, direction).replace(with: body, isBodyHook: phase.isBodyHook)
        ? .done : .notTaken
    }
  }

  /// A length that was told must be told anew. Where trailers follow, a new one would cut them off: HTTP/1 has
  /// trailers behind chunked bodies only.
  static func statesLength(_ phase: MessagePhase, _ source: EnvoySource) -> Bool {
    switch phase {
    case .headers(let endOfStream): !endOfStream
    case .body(let endOfStream): endOfStream || source.firstValue("content-length") != nil
    case .trailers: source.firstValue("content-length") != nil
    }
  }

  private func setMetadata() {
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
