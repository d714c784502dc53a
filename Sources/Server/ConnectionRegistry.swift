internal import NIOCore
internal import Synchronization

/// The open connections of a server, on all event loops.
final class ConnectionRegistry: Sendable {
  private let state: Mutex<State>
  private let connectionsMax: Int

  private struct State {
    var connections: [ObjectIdentifier: any Channel] = [:]
    var isDraining = false
  }

  enum Admission {
    case serve
    /// The server has begun to drain: the connection was accepted a moment too late and drains at once.
    case drain
    /// There are too many.
    case refuse
  }

  init(connectionsMax: Int) {
    self.connectionsMax = connectionsMax
    self.state = Mutex(State())
  }

  /// Takes a connection in, until it closes.
  func admit(_ channel: any Channel) -> Admission {
    let key = ObjectIdentifier(channel)
    let admission = state.withLock { state -> Admission in
      guard state.connections.count < connectionsMax else { return .refuse }
      state.connections[key] = channel
      return state.isDraining ? .drain : .serve
    }
    if admission != .refuse {
      channel.closeFuture.whenComplete { [self] _ in
        state.withLock { state in _ = state.connections.removeValue(forKey: key) }
      }
    }
    return admission
  }

  /// Marks all that come later as too late, and returns those that are here.
  func beginDrain() -> [any Channel] {
    state.withLock { state in
      state.isDraining = true
      return Array(state.connections.values)
    }
  }

  var count: Int { state.withLock { $0.connections.count } }

  var connections: [any Channel] { state.withLock { Array($0.connections.values) } }
}
