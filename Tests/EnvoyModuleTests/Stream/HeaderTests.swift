import Testing

@Suite("Headers through the module")
struct HeaderTests {
  private func upstream(
    _ line: EnvoyLine, _ request: String, headers: [(String, String)] = []
  ) throws -> ExchangeView.Side {
    let run = try HostRun.module(line) {
      $0.config("{\"request\": {\(request)}}")
      $0.exchange(headers: headers)
    }
    return try run.exchange().upstream
  }

  @Test("set makes one value of several, and an empty one removes", arguments: EnvoyLine.allCases)
  func set(line: EnvoyLine) throws {
    let seen = try upstream(
      line,
      #""set": [{"name": "X-A", "value": "{{ header('x-in') }}!"}, {"name": "x-gone", "value": "{{ header('x-none') }}"}]"#,
      headers: [("x-in", "in"), ("x-a", "1"), ("x-a", "2"), ("x-gone", "1"), ("x-gone", "2")])
    #expect(seen["x-a"] == ["in!"])
    #expect(seen["x-gone"] == [])
  }

  @Test("add appends; Envoy 1.36 has no such callback, so values are joined", arguments: EnvoyLine.allCases)
  func add(line: EnvoyLine) throws {
    let add =
      #""add": [{"name": "x-a", "value": "2"}, {"name": "x-a", "value": "{{ '' }}"}, {"name": "cookie", "value": "b=2"}, {"name": "x-new", "value": "n"}]"#
    let seen = try upstream(line, add, headers: [("x-a", "1"), ("cookie", "a=1")])
    #expect(seen["x-a"] == (line.isFamilyA ? ["1,2"] : ["1", "2"]))
    #expect(seen["cookie"] == (line.isFamilyA ? ["a=1; b=2"] : ["a=1", "b=2"]))
    #expect(seen["x-new"] == ["n"])
  }

  @Test("a header of many lines is added to in one pass over the headers", arguments: EnvoyLine.families)
  func addToMany(line: EnvoyLine) throws {
    let many = (0..<90).map { ("x-a", "\($0)") }
    let run = try HostRun.module(line) {
      $0.config(#"{"request": {"add": [{"name": "x-a", "value": "new"}]}}"#)
      $0.exchange(headers: many)
    }
    let values = many.map(\.1) + ["new"]
    #expect(try run.exchange().upstream["x-a"] == (line.isFamilyA ? [values.joined(separator: ",")] : values))
    // The host tells of values that are asked for one by one.
    #expect(run.faults.isEmpty)
  }

  @Test(
    "set-cookie is added where it is the first, and on Envoy 1.36 left out and logged otherwise",
    arguments: EnvoyLine.allCases)
  func setCookie(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"response": {"add": [{"name": "set-cookie", "value": "b=2"}]}}"#)
      for cookies in [[], [("set-cookie", "a=1")]] {
        $0.begin("\(cookies.count)")
        $0.request("GET")
        $0.response(headers: cookies)
        $0.finish()
      }
      $0.command("stats")
    }
    #expect(try run.exchange("0").client["set-cookie"] == ["b=2"])
    #expect(try run.exchange("1").client["set-cookie"] == (line.isFamilyA ? ["a=1"] : ["a=1", "b=2"]))
    #expect(run.logs.count == (line.isFamilyA ? 1 : 0))
    #expect(run.stats["swiftformations.failures reason=set_cookie_not_added"] == (line.isFamilyA ? 1 : nil))
  }

  @Test("remove removes all values", arguments: EnvoyLine.allCases)
  func remove(line: EnvoyLine) throws {
    let seen = try upstream(line, #""remove": ["X-A"]"#, headers: [("x-a", "1"), ("x-b", "2"), ("x-a", "3")])
    #expect(seen["x-a"] == [] && seen["x-b"] == ["2"])
  }

  @Test("pseudo-headers are read and set", arguments: EnvoyLine.allCases)
  func pseudo(line: EnvoyLine) throws {
    let seen = try upstream(
      line,
      #""set": [{"name": ":path", "value": "/v2{{ header(':path') }}"}, {"name": "x-host", "value": "{{ header(':authority') }}"}]"#
    )
    #expect(seen[":path"] == ["/v2/chat"] && seen["x-host"] == ["api.example"])
  }

  @Test("response templates see both directions' headers", arguments: EnvoyLine.allCases)
  func bothDirections(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(
        #"{"response": {"set": [{"name": "x-both", "value": "{{ request_header('x-user') }} {{ header('x-node') }}"}]}}"#
      )
      $0.begin()
      $0.request("GET", headers: [("x-user", "Ann")])
      $0.response(headers: [("x-node", "7")])
      $0.finish()
    }
    #expect(try run.exchange().client["x-both"] == ["Ann 7"])
  }

  @Test("a computed name finds its header", arguments: EnvoyLine.families)
  func computedName(line: EnvoyLine) throws {
    let seen = try upstream(
      line, #""set": [{"name": "x-a", "value": "{{ header('x-' ~ header('x-which')) }}"}]"#,
      headers: [("x-which", "two"), ("x-one", "1"), ("x-two", "2")])
    #expect(seen["x-a"] == ["2"])
  }

  @Test("no line break gets into a header", arguments: EnvoyLine.families)
  func injection(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(
        #"{"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-a", "value": "{{ a }}"}]}}"#)
      $0.exchange(body: #"{"a": "b\r\nx-admin: 1"}"#)
    }
    #expect(try run.exchange().upstream["x-a"] == [])
    #expect(run.logs.count == 1)
  }
}
