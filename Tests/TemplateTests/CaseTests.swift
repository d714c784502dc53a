import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Cases of the files that `TEMPLATE_CASES` names that the language does not do yet, with the reason.
let casesForLater: [(name: String, reason: String)] = []

@Suite("The files of cases")
struct CaseTests {
  @Test("give what they say", arguments: CaseFile.ours)
  func ours(_ item: Case) {
    if let actual = item.problem() {
      Issue.record(
        "\(item.testDescription)\n\(item.template)\n--- expected\n\(item.expected)\n--- but was\n\(actual)")
    }
  }

  @Test("are found")
  func areFound() {
    #expect(CaseFile.ours.count > 200)
    #expect(Set(CaseFile.ours.map(\.file)).count > 15)
  }

  /// Files of JSON lines, separated by colons.
  @Test("named by TEMPLATE_CASES give what they say, but for those that are for later")
  func named() throws {
    guard let paths = getenv("TEMPLATE_CASES").map({ String(cString: $0) }), !paths.isEmpty else { return }
    let later = Set(casesForLater.map(\.name))
    var seen: Set<String> = []
    for path in paths.split(separator: ":").map(String.init) {
      let text = try #require(CaseFile.contents(of: path), "cannot read \(path)")
      for item in try CaseFile.cases(ofJSONLines: text, file: path) {
        seen.insert(item.name)
        let actual = item.problem()
        if later.contains(item.name) {
          #expect(actual != nil, "\(item.name) passes: take it off the list of cases for later")
        } else if let actual {
          Issue.record(
            "\(item.testDescription)\n\(item.template)\n--- expected\n\(item.expected)\n--- but was\n\(actual)"
          )
        }
      }
    }
    #expect(later.isSubset(of: seen), "there are no such cases: \(later.subtracting(seen))")
  }
}
