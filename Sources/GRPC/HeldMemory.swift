internal import Synchronization

/// The account of what all connections of a server hold together: messages that are incomplete, and answers that are not
/// taken. The server has one and hands it down.
package final class HeldMemory: Sendable {
  private let bytesMax: Int
  private let reserved = Atomic(0)

  package init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// What connections have reserved now.
  var reservedBytes: Int { reserved.load(ordering: .relaxed) }

  fileprivate func reserve(_ byteCount: Int) -> Bool {
    guard reserved.add(byteCount, ordering: .relaxed).newValue > bytesMax, byteCount > 0 else { return true }
    reserved.subtract(byteCount, ordering: .relaxed)
    return false
  }
}

extension HeldMemory {
  /// What one connection has reserved of it, in grains, so that the counter that all share is rarely touched. Lives on the
  /// connection's event loop.
  struct Share: ~Copyable {
    private static let grainBytes = 64 << 10

    private let whole: HeldMemory
    private var reserved = 0

    init(of whole: HeldMemory) { self.whole = whole }

    deinit { _ = whole.reserve(-reserved) }

    /// Makes the share fit for what is held; false when there is no room for it.
    mutating func cover(_ held: Int) -> Bool {
      if held <= reserved, reserved &- held <= 2 &* Self.grainBytes { return true }
      let grains = (held &+ Self.grainBytes &- 1) / Self.grainBytes
      let wanted = grains &* Self.grainBytes
      guard wanted != reserved else { return true }
      guard whole.reserve(wanted &- reserved) else { return false }
      reserved = wanted
      return true
    }
  }
}
