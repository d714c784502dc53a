internal import Synchronization

/// Errors of configurations that were loaded all the same, until they are counted. A configuration cannot count: Envoy
/// gives a route's no access to statistics, and the filter's only from 1.39 on. So the next exchange does.
enum ConfigurationFaults {
  private static let pending = Atomic<Int>(0)

  static func add(_ count: Int) { pending.wrappingAdd(count, ordering: .relaxed) }

  /// Those that nobody counted yet. Costs a load while there are none.
  static func take() -> Int {
    guard pending.load(ordering: .relaxed) != 0 else { return 0 }
    return pending.exchange(0, ordering: .relaxed)
  }
}
