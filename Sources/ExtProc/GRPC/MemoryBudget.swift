internal import Synchronization

/// What all connections of a server may hold together: messages that are incomplete, and answers that are not taken.
package final class MemoryBudget: Sendable {
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

/// The part of the budget that one connection has reserved, in grains, so that the counter that all share is rarely
/// touched. Lives on the connection's event loop.
struct MemoryShare: ~Copyable {
  private static let grainBytes = 64 << 10

  private let budget: MemoryBudget
  private var reserved = 0

  init(of budget: MemoryBudget) { self.budget = budget }

  deinit { _ = budget.reserve(-reserved) }

  /// Makes the share fit for what is held; false when the budget does not allow it.
  mutating func cover(_ held: Int) -> Bool {
    if held <= reserved, reserved &- held <= 2 &* Self.grainBytes { return true }
    let grains = (held &+ Self.grainBytes &- 1) / Self.grainBytes
    let wanted = grains &* Self.grainBytes
    guard wanted != reserved else { return true }
    guard budget.reserve(wanted &- reserved) else { return false }
    reserved = wanted
    return true
  }
}
