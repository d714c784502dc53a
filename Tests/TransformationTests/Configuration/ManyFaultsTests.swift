import Testing

@testable import Transformation

/// Whoever writes a configuration with thousands of faults is told of some, soon; and none of them is lost.
@Suite("Many faults of a configuration")
struct ManyFaultsTests {
  private static let most = TransformationLimits.faultsToldMax

  private func load(_ json: String, _ tolerance: Tolerance = .none) -> (
    configuration: Configuration?, diagnostics: [Diagnostic]
  ) {
    Configuration.load(json: Array(json.utf8), tolerance: tolerance)
  }

  private func lastMessage(_ diagnostics: [Diagnostic]) -> String { diagnostics.last?.message ?? "" }

  @Test("of one template: the first hundred, and that there are more; each message is refused all the same")
  func template() throws {
    let template = (0..<30_000).map { "{{ f\($0) }}" }.joined()
    let json = #"{"request":{"set":[{"name":"x-a","value":"\#(template)"}]}}"#
    let (configuration, diagnostics) = load(json)
    #expect(configuration == nil)
    #expect(diagnostics.count == Self.most + 1)
    #expect(diagnostics[0].message.contains("`f0` names a field"))
    #expect(lastMessage(diagnostics).hasPrefix("and at least "))
    var driver = try Driver(json, tolerance: .deferring)
    #expect(driver.sendRequest().reply?.status == 400)
  }

  @Test("of many templates: one that comes late fails too")
  func templates() throws {
    let rules = (0..<500).map { #"{"name":"x-\#($0)","value":"{{ f }}{{ g }}"}"# }.joined(separator: ",")
    let json =
      #"{"transformations":{"a":{"request":{"set":[\#(rules)]}},"default":{"request":{"set":[{"name":"x","value":"{{ h }}"}]}}}}"#
    let (_, diagnostics) = load(json)
    #expect(diagnostics.count == Self.most + 1)
    var driver = try Driver(json, tolerance: .deferring)
    #expect(driver.sendRequest().reply?.status == 400)
  }

  @Test("repeated fields, of which an object has thousands")
  func repeated() {
    let entries = Array(repeating: #""set":[]"#, count: 20_000).joined(separator: ",")
    let (configuration, diagnostics) = load("{\"request\":{\(entries)}}")
    #expect(configuration == nil && diagnostics.count == Self.most + 1)
    #expect(diagnostics[0].message == "the field `set` is given twice, first in line 1; keep one")
    let names = Array(repeating: #""a":{}"#, count: 5_000).joined(separator: ",")
    #expect(load("{\"transformations\":{\(names)}}").diagnostics.count == Self.most + 1)
  }

  @Test("an error behind a thousand warnings still refuses, and is told first of all that are left out")
  func lateError() {
    let unknown = (0..<1_000).map { #""u\#($0)":1"# }.joined(separator: ",")
    let (configuration, diagnostics) = load("{\"request\":{\(unknown),\"set\":[],\"set\":[]}}")
    #expect(configuration == nil)
    #expect(diagnostics.count == Self.most + 1)
    #expect(diagnostics.contains { $0.severity == .error })
  }

  @Test("a hundred are told as they are")
  func hundred() {
    let unknown = (0..<Self.most).map { #""u\#($0)":1"# }.joined(separator: ",")
    let (configuration, diagnostics) = load("{\"request\":{\(unknown)}}")
    #expect(configuration != nil && diagnostics.count == Self.most)
    #expect(!lastMessage(diagnostics).hasPrefix("and "))
  }
}
