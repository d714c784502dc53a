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

  init(_ mutations: Mutations, _ stream: EnvoyStream, _ direction: Direction, _ phase: MessagePhase) {
    self.mutations = mutations
    self.stream = stream
    self.direction = direction
    self.phase = phase
  }

  /// Headers and metadata. Returns how many cookies could not be added.
  func applyHeaders() -> Int {
    var changes = HeaderChanges(stream, direction)
    changes.apply(mutations)
    if let body = mutations.body { changes.applyLength(mutations.bodyLength, of: body.count, in: phase) }
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
