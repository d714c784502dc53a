import Testing

@testable import Transformation

@Suite("host and :authority")
struct HeaderAliasesTests {
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

  @Test("are not in a response, where host is a header like others")
  func response() throws {
    var driver = try Driver(
      #"{"response":{"set":[{"name":"x-out","value":"{{ header('host') }}"}],"remove":["host"]}}"#,
      response: [(":status", "200"), ("host", "odd")])
    _ = driver.sendRequest()
    #expect(driver.sendResponse().changes == ["x-out=odd", "-host"])
  }
}
