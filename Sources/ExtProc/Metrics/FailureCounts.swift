internal import Synchronization

/// How many failures there were, by reason and transformation. Failures are rare: one lock for all loops.
final class FailureCounts: Sendable {
  struct Key: Hashable, Comparable {
    let reason: String
    let transformation: String

    static func < (left: Key, right: Key) -> Bool {
      (left.transformation, left.reason) < (right.transformation, right.reason)
    }
  }

  /// Pairs that are counted by themselves; those that come later are counted under `TransformationLabels.others`. What
  /// is counted lives until the process ends, and reloads may bring ever new names.
  static let keysMax = 1_000

  private let counts = Mutex<[Key: UInt64]>([:])

  /// - Parameters:
  ///   - reason: one of a few.
  ///   - transformation: a name, or one of `TransformationLabels`.
  func add(reason: String, transformation: String) {
    counts.withLock { counts in
      var key = Key(reason: reason, transformation: transformation)
      if counts[key] == nil, counts.count >= Self.keysMax {
        key = Key(reason: reason, transformation: TransformationLabels.others)
      }
      counts[key, default: 0] &+= 1
    }
  }

  var all: [(key: Key, count: UInt64)] {
    counts.withLock { $0.map { (key: $0.key, count: $0.value) } }.sorted { $0.key < $1.key }
  }
}
