import Foundation
import Synchronization

/// Requests without end, on some threads, each on a connection of its own, until it is stopped.
final class Load: Sendable {
  /// How a request ended.
  enum Outcome: Hashable, CustomStringConvertible {
    /// With this value of the header that the transformation sets.
    case transformed(String)
    case untouched
    case status(Int)
    /// The connection ended before the answer was complete.
    case broken

    var description: String {
      switch self {
      case .transformed(let value): "transformed: \(value)"
      case .untouched: "untouched"
      case .status(let status): "status \(status)"
      case .broken: "broken"
      }
    }
  }

  /// The header of the request that the sidecar sets.
  static let header = "x-version"

  private struct State {
    var counts: [Outcome: Int] = [:]
    /// The latest of each thread.
    var latest: [Int: Outcome] = [:]
    /// Of each thread, without repetitions.
    var sequences: [Int: [Outcome]] = [:]
    var slowest = Duration.zero
    var stops = false
    var running = 0
  }

  private let state: Mutex<State>
  private let threads: Int

  /// - Parameter port: a listener of Envoy, in front of the mock LLM.
  init(port: Int, threads: Int = 4) {
    self.threads = threads
    var initial = State()
    initial.running = threads
    state = Mutex(initial)
    for thread in 0..<threads {
      Thread.detachNewThread { [self] in
        var connection: HTTPConnection?
        while !state.withLock(\.stops) {
          let start = ContinuousClock.now
          let outcome = Self.exchange(port: port, &connection)
          note(outcome, of: thread, took: ContinuousClock.now - start)
          // Hundreds a second are load enough, and leave the processor to the tests beside this one.
          Thread.sleep(forTimeInterval: 0.003)
        }
        state.withLock { $0.running -= 1 }
      }
    }
  }

  private func note(_ outcome: Outcome, of thread: Int, took time: Duration) {
    state.withLock { state in
      state.counts[outcome, default: 0] += 1
      if state.sequences[thread]?.last != outcome { state.sequences[thread, default: []].append(outcome) }
      state.latest[thread] = outcome
      state.slowest = max(state.slowest, time)
    }
  }

  private static func exchange(port: Int, _ connection: inout HTTPConnection?) -> Outcome {
    do {
      let open = try connection ?? HTTPConnection(port: port)
      connection = open
      let response = try open.exchange(.post("/anything", "hello"))
      guard response.status == 200 else { return .status(response.status) }
      guard let value = try response.upstream().headers[header].first else { return .untouched }
      return .transformed(value)
    } catch {
      connection = nil
      return .broken
    }
  }

  var counts: [Outcome: Int] { state.withLock(\.counts) }
  var slowest: Duration { state.withLock(\.slowest) }
  /// What each thread saw one after the other, repetitions left out.
  var sequences: [[Outcome]] { state.withLock { Array($0.sequences.values) } }

  /// Forgets what was seen so far.
  func forget() {
    state.withLock { state in
      state.counts = [:]
      state.sequences = [:]
      state.latest = [:]
      state.slowest = .zero
    }
  }

  /// Waits until so many more requests have ended, however they did.
  func waitForMore(_ count: Int) throws {
    let before = state.withLock { $0.counts.values.reduce(0, +) }
    try waitFor("\(count) more requests end") {
      state.withLock { $0.counts.values.reduce(0, +) >= before + count ? true : nil }
    }
  }

  /// Waits until the latest request of every thread has ended so.
  func wait(for outcome: Outcome, seconds: Double = 20) throws {
    state.withLock { $0.latest = [:] }
    do {
      try waitFor("every thread's request is \(outcome)", seconds: seconds) {
        state.withLock { state in
          state.latest.count == threads && state.latest.values.allSatisfy { $0 == outcome } ? true : nil
        }
      }
    } catch {
      throw Failure("\(error); seen: \(counts)")
    }
  }

  /// How requests have ended.
  @discardableResult
  func stop() throws -> [Outcome: Int] {
    state.withLock { $0.stops = true }
    try waitFor("the load ends", seconds: 30) { state.withLock { $0.running == 0 ? true : nil } }
    return counts
  }

  deinit { state.withLock { $0.stops = true } }
}
