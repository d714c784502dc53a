import Testing

@testable import Transformation

/// What a sink hears, in lines.
private final class Lines: RuleSink {
  var lines: [String] = []

  func note(place: String, _ outcome: RuleOutcome, value: UnsafeRawBufferPointer) {
    let text = String(decoding: value, as: UTF8.self)
    switch outcome {
    case .applied: lines.append("\(place) applied \(text)")
    case .empty: lines.append("\(place) empty")
    case .withoutBody: lines.append("\(place) without body")
    case .failed(let failure, let consequence):
      lines.append("\(place) \(failure.reason.rawValue) \(consequence)")
    }
  }
}

@Suite("A rule is rendered, checked, and settled by the policy, in one place")
struct RuleOutcomeTests {
  /// The lines of one request, and whether it was refused.
  private func run(_ request: String, body: String? = nil, encoding: String? = nil) throws -> (
    lines: [String], outcome: Outcome
  ) {
    var headers = Driver.requestHeaders
    if let encoding { headers.append(("content-encoding", encoding)) }
    var driver = try Driver("{\"request\":{\(request)}}", request: headers)
    let sink = Lines()
    let scope = PhaseScope()
    scope.sink = sink
    driver.exchange = Exchange(driver.exchange.transformation, scope: scope)
    let outcome = driver.sendRequest(body)
    return (sink.lines, outcome)
  }

  @Test("in the order of the configuration: body, set, add, remove, metadata")
  func order() throws {
    let (lines, outcome) = try run(
      #"""
      "dynamicMetadata":[{"namespace":"n","key":"k","value":"{{ a }}"}],"remove":["x-user"],
      "add":[{"name":"x-many","value":"three"},{"name":"x-none","value":"{{ '' }}"}],
      "set":[{"name":"x-a","value":"{{ a }}"},{"name":"x-empty","value":"{{ nothing }}"}],
      "body":{"parseAs":"AsJson","value":"[{{ a }}]"}
      """#, body: #"{"a":1}"#)
    #expect(
      lines == [
        "request.body applied [1]", "request.set[0] applied 1", "request.set[1] empty",
        "request.add[0] applied three", "request.add[1] empty", "request.remove[0] applied ",
        "request.dynamicMetadata[0] applied 1",
      ])
    #expect(outcome.failures == [])
  }

  /// One rule that fails, under each policy: what is heard is what happens.
  @Test(
    "what fails is what the policy makes of it",
    arguments: [
      (
        #""set":[{"name":"x-user","value":"{{ 'a' - 1 }}"}]"#, "Remove", "rendering_failed removed",
        ["-x-user"]
      ),
      (#""set":[{"name":"x-user","value":"{{ 'a' - 1 }}"}]"#, "Keep", "rendering_failed kept", []),
      (
        #""set":[{"name":"x-user","value":"{{ 'a' - 1 }}"}]"#, "Reject",
        "rendering_failed refused(status: 500)", []
      ),
      (#""add":[{"name":"x-user","value":"{{ 'a' - 1 }}"}]"#, "Remove", "rendering_failed kept", []),
      (
        #""set":[{"name":"x-user","value":"{{ '\\n' }}"}]"#, "Remove", "invalid_header_value removed",
        ["-x-user"]
      ),
      (#""set":[{"name":":path","value":"{{ 'x' }}"}]"#, "Remove", "invalid_header_value kept", []),
      (
        #""dynamicMetadata":[{"namespace":"n","key":"k","value":"{{ '\\u0000' }}"}]"#, "Remove",
        "invalid_metadata kept", []
      ),
    ])
  func policies(rule: String, policy: String, line: String, changes: [String]) throws {
    let (lines, outcome) = try run("\(rule),\"failurePolicy\":{\"header\":\"\(policy)\"}")
    #expect(lines.count == 1 && lines.first?.hasSuffix("[0] \(line)") == true, "\(lines)")
    #expect(outcome.changes == changes)
    #expect((outcome.reply == nil) == (policy != "Reject"))
    #expect(outcome.failures.count == 1)
  }

  @Test("one that refuses is the last that runs, and nothing of those before it is left")
  func refusal() throws {
    let (lines, outcome) = try run(
      #"""
      "failurePolicy":{"header":"Reject","status":418},
      "set":[{"name":"x-a","value":"a"},{"name":"x-b","value":"{{ 'a' - 1 }}"},{"name":"x-c","value":"c"}]
      """#)
    #expect(
      lines == ["request.set[0] applied a", "request.set[1] rendering_failed refused(status: 418)"])
    #expect(outcome.changes == [] && outcome.reply?.status == 418)
  }

  @Test("a body that cannot be replaced, and a field of a body that is not there, are nobody's fault")
  func withoutBody() throws {
    let (lines, outcome) = try run(
      #""body":{"parseAs":"AsJson","value":"{{ a }}"},"set":[{"name":"x-user","value":"{{ a.b.c }}"}]"#)
    #expect(lines == ["request.body without body", "request.set[0] without body"])
    #expect(outcome.failures == [] && outcome.changes == ["-x-user"] && outcome.reply == nil)
  }

  @Test("an encoded body that would be changed as text is refused, or kept where the policy says so")
  func encoded() throws {
    let rule = #""body":{"value":"x{{ body() }}"}"#
    #expect(
      try run(rule, body: "zip", encoding: "gzip").lines
        == ["request.body body_is_encoded refused(status: 415)"])
    let kept = try run(rule + #","failurePolicy":{"body":"Keep"}"#, body: "zip", encoding: "gzip")
    #expect(kept.lines == ["request.body body_is_encoded kept"] && kept.outcome.body == nil)
  }

  @Test("rules that can never be applied are heard of before the others")
  func faults() throws {
    let json =
      #"{"request":{"set":[{"name":"x a","value":"v"},{"name":"x-b","value":"b"}]}}"#
    var driver = try Driver(json, tolerance: .deferring)
    let sink = Lines()
    let scope = PhaseScope()
    scope.sink = sink
    driver.exchange = Exchange(driver.exchange.transformation, scope: scope)
    _ = driver.sendRequest()
    #expect(sink.lines == ["request.set[0] faulty_configuration kept", "request.set[1] applied b"])
  }
}
