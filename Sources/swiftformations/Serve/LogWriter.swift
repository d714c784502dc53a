import Dispatch
import Synchronization

/// Takes log lines from any thread and writes them on one of its own: who reads standard error slowly, or not at all,
/// holds up no exchange. A disk that is full loses lines and nothing else.
final class LogWriter: Sendable {
  /// Text that waits to be written; a line that would go over it is lost, and counted.
  static let waitingBytesMax = 1 << 20

  private struct State {
    var waiting: [UInt8] = []
    var lost = 0
    var isWriting = false
  }

  private let state = Mutex(State())
  private let total = Atomic(0)
  private let queue = DispatchQueue(label: "swiftformations.log")
  private let output: @Sendable ([UInt8]) -> Void

  init(output: @escaping @Sendable ([UInt8]) -> Void = { Console.write($0, to: .error) }) {
    self.output = output
  }

  /// Lines lost since the start.
  var lost: Int { total.load(ordering: .relaxed) }

  func write(_ line: String) {
    let mustStart = state.withLock { state in
      guard state.waiting.count + line.utf8.count <= Self.waitingBytesMax else {
        state.lost += 1
        total.add(1, ordering: .relaxed)
        return false
      }
      state.waiting.append(contentsOf: line.utf8)
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if mustStart { queue.async { self.writeAll() } }
  }

  private func writeAll() {
    while true {
      let (bytes, lost) = state.withLock { state in
        defer {
          state.waiting = []
          state.lost = 0
        }
        if state.waiting.isEmpty { state.isWriting = false }
        return (state.waiting, state.lost)
      }
      guard !bytes.isEmpty else { return }
      output(bytes)
      if lost > 0 { output(Array("\(lost) log lines were lost: standard error was not read\n".utf8)) }
    }
  }

  /// Waits until all is written, for a second at most.
  func flush() {
    let written = DispatchSemaphore(value: 0)
    queue.async { written.signal() }
    _ = written.wait(timeout: .now() + .seconds(1))
  }
}
