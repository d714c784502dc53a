internal import Synchronization

/// The counters of one event loop.
///
/// Only the loop writes, so that counting is a load and a store without a locked instruction, on lines of memory that
/// no other thread writes; whoever reads sees each counter whole, a moment late at most.
package final class LoopMetrics: Sendable {
  package enum Counter: Int, CaseIterable {
    case connectionsOpened, connectionsClosed
    case bytesReceived, bytesSent
    case streamsStarted, streamsSucceeded, streamsFailed, streamsCancelled
    case replies
  }

  private typealias Cell = Atomic<UInt64>

  /// Made in `init`, freed in `deinit`; between, only atomics in it change.
  nonisolated(unsafe) private let memory: UnsafeMutableRawPointer
  private var cells: UnsafeMutablePointer<Cell> { memory.assumingMemoryBound(to: Cell.self) }

  // The counters, the times of each phase, the exchanges of each transformation.
  private static let firstExchangeCell = Counter.allCases.count + Phase.allCases.count * PhaseTimes.cellCount
  private static let cellCount = firstExchangeCell + TransformationLabels.numbersMax
  private static let cacheLineBytes = 64

  package init() {
    // Whole cache lines: two loops never write the same one.
    let byteCount = Self.cellCount * MemoryLayout<Cell>.stride
    let lines = (byteCount + Self.cacheLineBytes - 1) / Self.cacheLineBytes
    memory = .allocate(byteCount: lines * Self.cacheLineBytes, alignment: Self.cacheLineBytes)
    let cells = memory.bindMemory(to: Cell.self, capacity: Self.cellCount)
    for index in 0..<Self.cellCount { (cells + index).initialize(to: Cell(0)) }
  }

  deinit {
    cells.deinitialize(count: Self.cellCount)
    memory.deallocate()
  }

  // MARK: Writing, on the loop

  package func add(_ counter: Counter, _ amount: Int = 1) {
    add(at: counter.rawValue, UInt64(clamping: amount))
  }

  /// Counts an exchange under a number of `TransformationLabels`.
  func addExchange(_ number: Int) { add(at: Self.firstExchangeCell &+ number, 1) }

  /// Counts a phase that was answered, by how long that took.
  func record(_ phase: Phase, nanoseconds: UInt64) {
    let first = Self.firstCell(of: phase)
    add(at: first &+ PhaseTimes.bucket(of: nanoseconds), 1)
    add(at: first &+ PhaseTimes.sumCell, nanoseconds)
  }

  private func add(at index: Int, _ amount: UInt64) {
    cells[index].store(cells[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  // MARK: Reading, anywhere

  subscript(_ counter: Counter) -> UInt64 { cells[counter.rawValue].load(ordering: .relaxed) }

  func exchanges(_ number: Int) -> UInt64 { cells[Self.firstExchangeCell + number].load(ordering: .relaxed) }

  func times(of phase: Phase) -> PhaseTimes {
    let first = Self.firstCell(of: phase)
    return PhaseTimes(cells: (0..<PhaseTimes.cellCount).map { cells[first + $0].load(ordering: .relaxed) })
  }

  private static func firstCell(of phase: Phase) -> Int {
    Counter.allCases.count &+ phase.rawValue &* PhaseTimes.cellCount
  }
}
