import Foundation
import Testing

/// Envoy without the sidecar: what the harness itself sees, so that a difference elsewhere is the sidecar's.
@Suite("Envoy without the sidecar")
struct PlainEnvoyTests {
  private static let gateways = Gateways { try Gateway($0, listeners: [.init(name: "plain")]) }

  private func gateway(_ version: EnvoyVersion) throws -> Gateway { try Self.gateways[version] }

  @Test("a request passes unchanged", arguments: EnvoyVersion.allCases)
  func passes(version: EnvoyVersion) throws {
    let request = HTTPRequest.post(
      "/anything/plain?x=1", json: #"{"a": 1}"#, headers: ["x-twice": "1", "x-twice": "2"])
    let response = try gateway(version).exchange(request, through: "plain")
    let seen = try response.upstream()
    #expect(seen.method == "POST")
    #expect(seen.path == "/anything/plain?x=1")
    #expect(seen.headers.names == ["host", "x-twice", "x-twice", "content-type", "content-length"])
    #expect(seen.headers["x-twice"] == ["1", "2"])
    #expect(seen.body == #"{"a": 1}"#)
    #expect(response.headers.names == ["server", "date", "content-type", "content-length"])
  }

  @Test("server-sent events arrive one by one", arguments: EnvoyVersion.allCases)
  func eventStream(version: EnvoyVersion) throws {
    let connection = try HTTPConnection(port: gateway(version).envoy.port(of: "plain"))
    let body = #"{"model": "m", "stream": true, "messages": [{"role": "user", "content": "one two"}]}"#
    // Half a second in all: even a busy machine sees the first event before the last is sent.
    try connection.send(.post("/v1/chat/completions?interval=40", json: body))
    let head = try connection.receiveHead()
    #expect(head.headers["content-type"] == ["text/event-stream; charset=utf-8"])
    var pieces: [String] = []
    while let piece = try connection.receivePiece() { pieces.append(String(decoding: piece, as: UTF8.self)) }
    let events = pieces.joined().split(separator: "\n\n")
    #expect(pieces.first?.contains("[DONE]") == false)
    #expect(events.allSatisfy { $0.hasPrefix("data: ") })
    #expect(events.last == "data: [DONE]")
    #expect(events.count >= 8)
  }

  @Test("chunks and trailers pass in both directions", arguments: EnvoyVersion.allCases)
  func trailers(version: EnvoyVersion) throws {
    var request = HTTPRequest.post("/anything", "hello")
    request.chunkSize = 2
    request.trailers = ["x-checksum": "42"]
    let seen = try gateway(version).exchange(request, through: "plain").upstream()
    #expect(seen.body == "hello")
    #expect(seen.trailers == ["x-checksum": "42"])
    let response = try gateway(version).exchange(.get("/trailers?x=1"), through: "plain")
    #expect(response.trailers == ["x": "1"])
  }

  @Test("the access log says how a request ended", arguments: EnvoyVersion.allCases)
  func accessLog(version: EnvoyVersion) throws {
    _ = try gateway(version).exchange(.get("/status/418"), through: "plain")
    let entry = try gateway(version).envoy.accessLogEntry(path: "/status/418")
    #expect(entry.status == 418)
    #expect(entry.details == "via_upstream")
    #expect(entry.metadata == nil)
  }

  @Test("a path can be on a named route", arguments: EnvoyVersion.allCases)
  func namedRoute(version: EnvoyVersion) throws {
    let seen = try gateway(version).exchange(.get("/route/first-route/anything"), through: "plain").upstream()
    #expect(seen.path == "/anything")
  }

  @Test(
    "two hundred requests at once are answered, each with its own answer", arguments: EnvoyVersion.allCases)
  func manyAtOnce(version: EnvoyVersion) throws {
    let port = try gateway(version).envoy.port(of: "plain")
    let connections = try (0..<200).map { number in
      let connection = try HTTPConnection(port: port)
      try connection.send(.post("/echo", "request \(number)"))
      return connection
    }
    for (number, connection) in connections.enumerated() {
      #expect(try connection.receive().text == "request \(number)")
    }
  }

  @Test(
    "a configuration that Envoy refuses is told apart from one that it takes",
    arguments: EnvoyVersion.allCases)
  func validation(version: EnvoyVersion) throws {
    let good = EnvoyConfiguration(upstreamPort: 1, listeners: []).yaml(accessLogFile: "/dev/null")
    #expect(try Envoy.complaint(of: version, about: good) == nil)
    #expect(try Envoy.complaint(of: version, about: "admin: { adress: 1 }")?.contains("adress") == true)
  }

  @Test("the filter's options are accepted", arguments: EnvoyVersion.allCases)
  func filterOptions(version: EnvoyVersion) throws {
    var duplex = ExtProcFilter()
    duplex.requestBody = .fullDuplexStreamed
    duplex.responseBody = .fullDuplexStreamed
    let configuration = EnvoyConfiguration(
      upstreamPort: 1, sidecarSocket: "/run/none.sock",
      listeners: [
        .init(name: "buffered", filter: ExtProcFilter(), bufferBytesMax: 1024),
        .init(name: "duplex", filter: duplex),
      ])
    #expect(try Envoy.complaint(of: version, about: configuration.yaml(accessLogFile: "/dev/null")) == nil)
  }
}
