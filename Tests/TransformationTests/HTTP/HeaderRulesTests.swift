import Testing

@testable import Transformation

@Suite("host and :authority")
struct HeaderRulesTests {
  @Test("are one header of a request, which either name reads", arguments: ["host", "Host", ":authority"])
  func read(name: String) throws {
    #expect(try rendered("{{ header('\(name)') }}") == "api.example.com")
    #expect(try rendered("{{ request_header('ho' ~ 'st') }}") == "api.example.com")
    var driver = try Driver(
      #"{"response":{"set":[{"name":"x-out","value":"{{ request_header('\#(name)') }}"}]}}"#)
    _ = driver.sendRequest()
    #expect(driver.sendResponse().changes == ["x-out=api.example.com"])
    driver = try Driver(
      #"{"response":{"set":[{"name":"x-out","value":"{{ request_header('\#(name)' ~ '') }}"}]}}"#)
    _ = driver.sendRequest()
    #expect(driver.sendResponse().changes == ["x-out=api.example.com"])
  }

  @Test("are one header of a request, which either name sets", arguments: ["host", "HOST", ":authority"])
  func set(name: String) throws {
    var driver = try Driver(
      """
      {"request":{"set":[{"name":"\(name)","value":"other"}]},
       "response":{"set":[{"name":"x-out","value":"{{ request_header('host') }}"}]}}
      """)
    #expect(driver.sendRequest().changes == [":authority=other"])
    #expect(driver.sendResponse().changes == ["x-out=other"])
  }

  @Test("have one value, and are never removed")
  func refused() {
    #expect(
      diagnostics(#"{"request":{"add":[{"name":"Host","value":"x"}]}}"#)
        == ["1:28 error request.add[0].name: `:authority` has one value: use `set`"])
    #expect(
      diagnostics(#"{"request":{"remove":["host"]}}"#)
        == ["1:23 warning request.remove[0]: Envoy never removes `:authority`"])
  }

  @Test("a method that is set to nothing stays, whatever it is")
  func emptiedMethod() throws {
    var driver = try Driver(
      #"{"request":{"set":[{"name":":method","value":""}],"failurePolicy":{"header":"Reject"}}}"#,
      request: [(":method", "HEAD"), (":path", "/")])
    let outcome = driver.sendRequest()
    #expect(outcome.changes == [] && outcome.failures == [] && outcome.reply == nil)
  }

  @Test("are not in a response, where host is a header like others, but that Envoy never removes it")
  func response() throws {
    let json = #"{"response":{"set":[{"name":"x-out","value":"{{ header('host') }}"}],"remove":["host"]}}"#
    var driver = try Driver(json, response: [(":status", "200"), ("host", "odd")])
    _ = driver.sendRequest()
    #expect(driver.sendResponse().changes == ["x-out=odd"])
    #expect(diagnostics(json).map { $0.hasSuffix("Envoy never removes `host`") } == [true])
  }

  @Test("stay as they came where an empty value would remove them", arguments: ["host", ":path", ":method"])
  func emptied(name: String) throws {
    var driver = try Driver(
      #"{"request":{"set":[{"name":"x-a","value":""},{"name":"\#(name)","value":"{{ '' }}"}]}}"#)
    #expect(driver.sendRequest().changes == ["-x-a"])
  }
}

@Suite("Headers of one connection")
struct ConnectionHeaderTests {
  @Test(
    "are not set or added in either direction, and may be removed",
    arguments: ["Connection", "upgrade", "te", "keep-alive", "proxy-connection", "http2-settings"])
  func refused(name: String) throws {
    for direction in ["request", "response"] {
      for operation in ["set", "add"] {
        let json = #"{"\#(direction)":{"\#(operation)":[{"name":"\#(name)","value":"x"}]}}"#
        let told = diagnostics(json)
        #expect(told.count == 1 && told[0].contains("cannot be set: it speaks of one connection"), "\(told)")
        // Where it is loaded all the same, the exchange goes on without it.
        var driver = try Driver(json, tolerance: .deferring)
        let outcome = direction == "request" ? driver.sendRequest() : driver.sendResponse()
        #expect(outcome.changes == [] && outcome.failures.count == 1)
      }
      #expect(diagnostics(#"{"\#(direction)":{"remove":["\#(name)"]}}"#) == [])
      #expect(
        diagnostics(#"{"\#(direction)":{"set":[{"name":"\#(name)","value":""}]}}"#) == [],
        "an empty value removes")
    }
  }
}

@Suite("What a client's text could make of the first line of a request")
struct RequestTargetTests {
  @Test(
    "a method, scheme or authority that is none is not set",
    arguments: [":method", ":scheme", ":authority", "host"])
  func smuggled(name: String) throws {
    var driver = try Driver(
      #"{"request":{"set":[{"name":"\#(name)","value":"{{ header('x-user') }}"}]}}"#,
      request: [(":method", "GET"), (":path", "/"), ("x-user", "GET /admin HTTP/1.1")])
    let outcome = driver.sendRequest()
    #expect(outcome.changes == [] && outcome.failures == ["request.set[0] invalid_header_value"])
  }
}

@Suite("Values of repeated headers")
struct RepeatedHeaderTests {
  @Test(
    "are joined by a comma, those of cookies by a semicolon, and set-cookie's never",
    arguments: [("x-many", ","), ("cookie", "; "), ("set-cookie", nil)])
  func separator(name: String, separator: String?) {
    Array(name.utf8).withUnsafeBytes { name in
      #expect(HeaderRules.separator(of: name)?.description == separator)
    }
  }

  @Test("are found in one pass, however many there are")
  func onePass() throws {
    let request = [(":method", "GET"), (":path", "/")] + (0..<5_000).map { ("x-many", "\($0)") }
    var driver = try Driver(
      #"""
      {"request":{"set":[{"name":"x-a","value":"{{ header('x-many')|length }}"},
        {"name":"x-b","value":"{{ header_values('x-many')|length }}"}]},
       "response":{"set":[{"name":"x-c","value":"{{ request_header_values('x-many')|length }}"}]}}
      """#, request: request)
    var limits = HeaderLimits()
    (limits.headersMax, limits.headerBytesMax) = (10_000, 1 << 20)
    driver.exchange = Exchange(driver.exchange.transformation, headerLimits: limits)
    #expect(driver.sendRequest().changes == ["x-a=23889", "x-b=5000"])
    #expect(driver.request.lookups.count { $0 == "x-many" } == 3)
    #expect(driver.sendResponse().changes == ["x-c=5000"])
  }

  @Test("look-ups count against the rendering's budget where there are many headers, and many look-ups")
  func charged() throws {
    let loop = "{% for i in range(2000) %}{{ header('x-none') }}{{ cookie('c') }}{% endfor %}"
    func failures(_ headers: Int) throws -> [String] {
      let request = [(":method", "GET"), (":path", "/")] + (0..<headers).map { ("x-\($0)", "v") }
      var driver = try Driver(
        #"{"limits":{"steps":1000000},"request":{"set":[{"name":"x-a","value":"\#(loop)"}]}}"#,
        request: request)
      return driver.sendRequest().failures
    }
    #expect(try failures(100) == [])
    #expect(try failures(2_000) == ["request.set[0] limit_exceeded"])
  }
}
