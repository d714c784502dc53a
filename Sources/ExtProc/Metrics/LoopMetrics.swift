/// What one event loop counts of its exchanges.
package final class LoopMetrics: Sendable {
  enum Counter: Int, CaseIterable {
    case replies
  }

  // The counters, the times of each phase, the exchanges of each transformation.
  private static let firstExchangeCell = Counter.allCases.count + Phase.allCases.count * PhaseTimes.cellCount
  private let cells = CounterCells(count: LoopMetrics.firstExchangeCell + TransformationLabels.numbersMax)

  package init() {}

  // MARK: Writing, on the loop

  func add(_ counter: Counter) { cells.add(1, at: counter.rawValue) }

  /// Counts an exchange under a number of `TransformationLabels`.
  func addExchange(_ number: Int) { cells.add(1, at: Self.firstExchangeCell &+ number) }

  /// Counts a phase that was answered, by how long that took.
  func record(_ phase: Phase, nanoseconds: UInt64) {
    let first = Self.firstCell(of: phase)
    cells.add(1, at: first &+ PhaseTimes.bucket(of: nanoseconds))
    cells.add(nanoseconds, at: first &+ PhaseTimes.sumCell)
  }

  // MARK: Reading, anywhere

  subscript(_ counter: Counter) -> UInt64 { cells[counter.rawValue] }

  func exchanges(_ number: Int) -> UInt64 { cells[Self.firstExchangeCell + number] }

  func times(of phase: Phase) -> PhaseTimes {
    let first = Self.firstCell(of: phase)
    return PhaseTimes(cells: (0..<PhaseTimes.cellCount).map { cells[first + $0] })
  }

  private static func firstCell(of phase: Phase) -> Int {
    Counter.allCases.count &+ phase.rawValue &* PhaseTimes.cellCount
  }
}
