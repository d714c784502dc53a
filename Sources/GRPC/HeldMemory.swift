internal import Synchronization

/// The one account of what peers make the process hold: connections and calls as such, messages that are incomplete, what
/// handlers keep between messages, answers that are not taken, configurations that came with calls.
package final class HeldMemory: Sendable {
  package let bytesMax: Int
  private let reserved = Atomic(0)
  /// The most since `takesBurstEnd` was true.
  private let peak = Atomic(0)

  /// - Parameter bytesMax: what would go over it is refused.
  package init(bytesMax: Int = usualBytesMax) { self.bytesMax = bytesMax }

  package static let usualBytesMax = 1 << 30

  /// What is reserved now.
  package var reservedBytes: Int { reserved.load(ordering: .relaxed) }

  /// False, and nothing is reserved, where there is no room for it. What is negative is given back.
  package func reserve(_ byteCount: Int) -> Bool {
    var before = reservedBytes
    while true {
      let after = before &+ byteCount
      guard after <= bytesMax || byteCount <= 0 else { return false }
      let result = reserved.compareExchange(expected: before, desired: after, ordering: .relaxed)
      if result.exchanged {
        peak.max(after, ordering: .relaxed)
        return true
      }
      before = result.original
    }
  }

  package func release(_ byteCount: Int) { reserved.subtract(byteCount, ordering: .relaxed) }

  /// Once for each burst that is over: most of what was reserved at its height is free again.
  package func takesBurstEnd() -> Bool {
    let now = reservedBytes
    let height = peak.load(ordering: .relaxed)
    guard height &- now >= Self.burstBytesMin, now <= height / 2 else { return false }
    peak.store(now, ordering: .relaxed)
    return true
  }

  /// Less is not worth a look through all free memory.
  static let burstBytesMin = 8 << 20
}

extension HeldMemory {
  /// What one connection has reserved of it, in grains, so that the counter that all share is rarely touched. Lives on the
  /// connection's event loop.
  struct Share: ~Copyable {
    private static let grainBytes = 64 << 10

    private let whole: HeldMemory
    private var reserved = 0

    init(of whole: HeldMemory) { self.whole = whole }

    deinit { whole.release(reserved) }

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
