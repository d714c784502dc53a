import JSON
import Testing

struct LimitTests {
  static func nested(_ levels: Int) -> String {
    String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
  }

  @Test("127 levels are read, the 128th is refused where it opens, as serde_json does")
  func standardDepth() throws {
    #expect(refusal(Self.nested(127)) == nil)
    let error = try #require(refusal(Self.nested(128)))
    #expect(error.kind == .tooDeep)
    #expect(error.offset == 127)
    #expect(error.detail == "arrays and objects are nested deeper than 127 levels")
  }

  @Test("depth counts what is open, not what was")
  func depthIsGivenBack() {
    let siblings = "[" + Array(repeating: Self.nested(126), count: 50).joined(separator: ",") + "]"
    #expect(refusal(siblings) == nil)
  }

  @Test("a limit of its own is kept", arguments: [0, 1, 5, 1000])
  func ownDepth(levels: Int) {
    let limits = JSONLimits(depthMax: levels)
    #expect(refusal(Self.nested(levels + 1), limits: limits)?.kind == .tooDeep)
    #expect(refusal("1", limits: limits) == nil)
    if levels > 0 { #expect(refusal(Self.nested(levels), limits: limits) == nil) }
  }

  @Test("a hundred thousand levels need no stack")
  func deepWithoutRecursion() throws {
    let levels = 100_000
    let document = try document(Self.nested(levels), limits: JSONLimits(depthMax: levels))
    var depth = 1
    var value = document.root
    while let inner = value.element(at: 0) {
      depth += 1
      value = inner
    }
    #expect(depth == levels)
    #expect(document.root.compact.utf8.count == 2 * levels)
  }

  @Test("a text over the length limit is refused at the limit")
  func length() throws {
    let limits = JSONLimits(textBytesMax: 10)
    #expect(refusal("[1,2,3,45]", limits: limits) == nil)
    let error = try #require(refusal("[1,2,3,456]", limits: limits))
    #expect(error.kind == .tooLong)
    #expect(error.offset == 10)
    #expect(error.detail == "the text is longer than 10 bytes")
  }

  @Test("limits below zero refuse, and do not wrap around")
  func negative() {
    #expect(refusal("[]", limits: JSONLimits(depthMax: Int.min))?.kind == .tooDeep)
    #expect(refusal("1", limits: JSONLimits(depthMax: -1)) == nil)
    #expect(refusal("1", limits: JSONLimits(textBytesMax: -1))?.offset == 0)
  }
}
