import Testing

@Suite("A body that does not come")
struct BodyDeadlineTests {
  private static let configuration = """
    request: { body: { parseAs: AsJson, value: '{"n":{{ n }}}' } }
    response: { body: { value: 'new {{ body() }}' } }
    """

  private func gateway(_ version: EnvoyVersion, bufferBytes: Int?) throws -> Gateway {
    var filter = ExtProcFilter(requestBody: .none, responseBody: .none, allowModeOverride: true)
    filter.trailers = false
    return try Gateway(
      version, listeners: [.init(name: "all", filter: filter, bufferBytesMax: bufferBytes)],
      transformations: Self.configuration, options: ["--allow-mode-override", "--body-seconds", "2"])
  }

  @Test(
    "a client that stops in the middle of its body is answered with 408", arguments: EnvoyVersion.allCases)
  func slowClient(version: EnvoyVersion) throws {
    let gateway = try gateway(version, bufferBytes: nil)
    let connection = try HTTPConnection(port: gateway.envoy.port(of: "all"))
    try connection.send(
      Array("POST /anything HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{\"n\":".utf8))
    let response = try connection.receive()
    #expect(response.status == 408)
    #expect(response.text.contains("request_body_too_late"))
    let entry = try gateway.envoy.accessLogEntry(path: "/anything")
    #expect(entry.details?.contains("reason=request_body_too_late") == true)
    #expect(try gateway.exchange(.post("/anything", #"{"n":1}"#), through: "all").status == 200)
  }

  @Test(
    "a body that is larger than Envoy's buffer ends in an error, and not in a hang",
    arguments: EnvoyVersion.allCases)
  func overBuffer(version: EnvoyVersion) throws {
    let gateway = try gateway(version, bufferBytes: 4096)
    let large = #"{"n":1,"s":""# + String(repeating: "x", count: 100_000) + #""}"#
    let request = try gateway.exchange(.post("/anything", large), through: "all")
    #expect([408, 413].contains(request.status))
    let response = try gateway.exchange(.post("/bytes/100000", #"{"n":1}"#), through: "all")
    #expect([500, 504].contains(response.status))
  }
}
