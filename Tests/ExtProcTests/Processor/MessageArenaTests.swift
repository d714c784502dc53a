import Testing

@testable import ExtProc

@Suite("MessageArena")
struct MessageArenaTests {
  @Test("pieces are aligned for any C type and do not overlap")
  func alignment() {
    let arena = MessageArena()
    var ends: [UInt] = []
    for byteCount in [1, 7, 16, 17, 100, 5000, 40_000, 3] {
      let piece = arena.allocate(byteCount)
      let start = UInt(bitPattern: piece)
      #expect(start.isMultiple(of: 16))
      #expect(!ends.contains { $0 > start && $0 <= start + UInt(byteCount) })
      ends.append(start + UInt(byteCount))
      piece.initializeMemory(as: UInt8.self, repeating: 0xAA, count: byteCount)
    }
  }

  @Test("a piece of any size fits into the chunk that it is given", arguments: [0, 100, 4_000])
  func sizes(first: Int) {
    for byteCount in stride(from: 1, through: 70_000, by: 997) {
      let arena = MessageArena()
      if first > 0 { _ = arena.allocate(first) }
      arena.allocate(byteCount).initializeMemory(as: UInt8.self, repeating: 0xAA, count: byteCount)
      #expect(arena.remainingBytes >= 0)
    }
  }

  @Test("a reset keeps no chunk that is larger than asked for")
  func retained() {
    let arena = MessageArena()
    for _ in 0..<100 { _ = arena.allocate(1000) }
    arena.reset(retainedBytesMax: 8 << 10)
    #expect(arena.remainingBytes <= 8 << 10)
  }

  @Test("a message after a reset costs no new chunk")
  func reuse() {
    let arena = MessageArena()
    for _ in 0..<100 {
      for _ in 0..<100 { _ = arena.allocate(30) }
      arena.reset()
    }
    #expect(arena.chunksAllocated == 1)
  }

  @Test("of messages of many chunks little stays, and what is there is known")
  func growth() {
    let arena = MessageArena()
    for _ in 0..<10 {
      for _ in 0..<500 { _ = arena.allocate(100) }
      #expect((56_000...150_000).contains(arena.byteCount))
      arena.reset()
      #expect(arena.byteCount <= MessageArena.usualRetainedBytesMax)
    }
  }

  @Test("a large piece has a chunk of its own, which a reset frees")
  func largePiece() {
    let arena = MessageArena()
    let small = arena.allocate(100)
    _ = arena.allocate(1 << 20)
    let next = arena.allocate(16)
    #expect(next == small + 112, "the current chunk stays in use")
    arena.reset()
    _ = arena.allocate(1 << 20)
    #expect(arena.chunksAllocated == 3)
  }

  @Test("a large piece may be the first")
  func largePieceFirst() {
    let arena = MessageArena()
    _ = arena.allocate(1 << 20)
    arena.reset()
    _ = arena.allocate(100)
    #expect(arena.chunksAllocated == 2)
  }
}
