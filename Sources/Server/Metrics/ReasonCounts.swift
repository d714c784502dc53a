internal import Synchronization

/// How often something rare happened, by reason: one lock for all loops.
final class ReasonCounts: Sendable {
  /// Reasons that are counted by themselves: they are words of this program, of which there are a few dozen.
  static let reasonsMax = 100

  private let counts = Mutex<[String: UInt64]>([:])

  func add(_ reason: String, _ count: Int = 1) {
    counts.withLock { counts in
      guard counts[reason] != nil || counts.count < Self.reasonsMax else { return }
      counts[reason, default: 0] &+= UInt64(clamping: count)
    }
  }

  var all: [(reason: String, count: UInt64)] {
    counts.withLock { $0.map { (reason: $0.key, count: $0.value) } }.sorted { $0.reason < $1.reason }
  }
}
