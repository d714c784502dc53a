import Testing

@testable import Template

@Suite("Plain data of a program")
struct FlatTableTests {
  @Test("a table gives back what it was made of")
  func table() {
    let table = FlatTable<Int32>([3, 1, 2])
    #expect(table.count == 3)
    #expect(table[0] == 3)
    #expect(table[2] == 2)
  }

  @Test("texts lie side by side, and empty ones are there too")
  func texts() {
    let texts = FlatTexts([[], Array("one".utf8), [], Array("two".utf8)])
    let read = (0..<4).map { position in texts.with(position) { String(decoding: $0, as: UTF8.self) } }
    #expect(read == ["", "one", "", "two"])
  }

  @Test("a program without texts has empty tables")
  func empty() {
    #expect(FlatTable<Int32>([]).count == 0)
    _ = FlatTexts([])
  }
}
