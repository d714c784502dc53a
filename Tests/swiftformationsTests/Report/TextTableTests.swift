import Testing

@testable import swiftformations

@Suite("tables for people")
struct TextTableTests {
  @Test("columns are as wide as their widest line, empty ones are left out")
  func layout() {
    var table = TextTable(["NAME", "NOTHING", "ITEMS", "LAST"])
    table.add([["a"], [], ["one", "three"], ["x"]])
    table.add([["漢字漢字"], [], [], ["y", "z"]])
    #expect(
      table.text == """
        NAME      ITEMS  LAST
        a         one    x
                  three
        漢字漢字         y
                         z

        """)
  }
}
