import Testing

@testable import Template

@Suite("The nearest name")
struct NearestNameTests {
  private func nearest(_ name: String) -> String? {
    NearestName.nearest(to: name, among: ["upper", "lower", "length", "d", "default", "tojson"])
  }

  @Test("is found over a missing, a wrong, an added and two swapped letters")
  func found() {
    #expect(nearest("uper") == "upper")
    #expect(nearest("lowwer") == "lower")
    #expect(nearest("lenght") == "length")
    #expect(nearest("to_json") == "tojson")
    #expect(nearest("UPPER") == "upper")
  }

  @Test("is none when nothing is near")
  func none() {
    #expect(nearest("frobnicate") == nil)
    #expect(nearest("") == "d")
    #expect(nearest(String(repeating: "a", count: 1000)) == nil)
  }
}
