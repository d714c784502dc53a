internal import Synchronization

/// Counters of one event loop.
///
/// Only the loop writes, so that counting is a load and a store without a locked instruction, on lines of memory that
/// no other thread writes; whoever reads sees each counter whole, a moment late at most.
///
/// Unchecked: the memory is made in `init` and freed in `deinit`; between, only atomics in it change.
package struct CounterCells: ~Copyable, @unchecked Sendable {
  private typealias Cell = Atomic<UInt64>

  private let memory: UnsafeMutableRawPointer
  private let count: Int
  private var cells: UnsafeMutablePointer<Cell> { memory.assumingMemoryBound(to: Cell.self) }

  private static let cacheLineBytes = 64

  package init(count: Int) {
    // Whole cache lines: two loops never write the same one.
    let byteCount = count * MemoryLayout<Cell>.stride
    let lines = (byteCount + Self.cacheLineBytes - 1) / Self.cacheLineBytes
    memory = .allocate(byteCount: lines * Self.cacheLineBytes, alignment: Self.cacheLineBytes)
    self.count = count
    let cells = memory.bindMemory(to: Cell.self, capacity: count)
    for index in 0..<count { (cells + index).initialize(to: Cell(0)) }
  }

  deinit {
    cells.deinitialize(count: count)
    memory.deallocate()
  }

  /// On the loop only. `index` is less than the count.
  package func add(_ amount: UInt64, at index: Int) {
    cells[index].store(cells[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  /// Anywhere.
  package subscript(index: Int) -> UInt64 { cells[index].load(ordering: .relaxed) }
}
