import Foundation
import Testing

@Suite("A filter that does not fit the configuration")
struct FilterMismatchTests {
  private struct Setup {
    let folder: TemporaryFolder
    let sidecar: SidecarProcess
    let admin: Admin
    let gateway: FaultGateway

    init(
      _ version: EnvoyVersion, _ configuration: String, filter: ExtProcFilter, options: [String] = []
    ) throws {
      folder = try TemporaryFolder()
      let socket = folder.file("s")
      sidecar = try SidecarProcess.listening(
        "sidecar", configuration: folder.write("c.yaml", configuration), listen: "unix:\(socket)",
        options: ["--admin", "0"] + options, in: folder)
      admin = try Admin(of: sidecar)
      gateway = try FaultGateway(
        version, listeners: [.init(name: "all", filter: filter)], sidecars: [FaultGateway.pipe(socket)],
        in: folder)
    }

    func exchange(_ request: HTTPRequest) throws -> HTTPResponse {
      try HTTPConnection(port: gateway.envoy.port(of: "all")).exchange(request)
    }

    func lines(_ mismatch: String) -> Int {
      sidecar.process.log.split(separator: "\n").count { $0.contains("mismatch=\(mismatch)") }
    }
  }

  private static let readsHeaders = "request: { set: [ { name: x-a, value: \"{{ header('x-b') }}\" } ] }\n"
  private static let readsBody = """
    request: { body: { parseAs: AsJson }, set: [ { name: x-a, value: "{{ model }}" } ] }

    """

  @Test(
    "a reload that newly needs a body is told in the log, in /readyz and by the first exchange",
    arguments: EnvoyVersion.allCases)
  func reload(version: EnvoyVersion) throws {
    let setup = try Setup(
      version, Self.readsHeaders,
      filter: ExtProcFilter(requestBody: .none, responseBody: .none, allowModeOverride: true))
    #expect(try setup.exchange(.post("/anything", json: "{}")).status == 200)
    #expect(try setup.admin.metric("swiftformations_filter_mismatches") == 0)
    _ = try setup.folder.write("c.yaml", Self.readsBody)
    setup.sidecar.process.signal(SIGHUP)
    let line = try setup.sidecar.waitForLog("Envoy's filter, as it was last seen, does not fit")
    #expect(line.contains("processing_mode.request_body_mode: NONE; set it to BUFFERED"))
    var ready = try setup.admin.get("/readyz")
    #expect(ready.status == 200, "what is expected of one filter keeps no rollout up")
    #expect(ready.text.contains("\nEnvoy's filter does not fit the configuration:\n"))
    #expect(ready.text.contains("\ndefault: the request body is needed"))
    #expect(try setup.admin.metric("swiftformations_filter_mismatches") == 1)
    for _ in 0..<3 { #expect(try setup.exchange(.post("/anything", json: "{}")).status == 500) }
    try setup.sidecar.waitForLog("Envoy's filter does not fit the configuration")
    // Foreseen, and seen once.
    #expect(setup.lines("request_body_mode") == 2)
    _ = try setup.folder.write("c.yaml", Self.readsHeaders)
    setup.sidecar.process.signal(SIGHUP)
    try setup.sidecar.waitForLog("configuration reloaded", after: 1)
    ready = try setup.admin.get("/readyz")
    #expect(!ready.text.contains("does not fit"))
  }

  @Test("routes without their attribute are told once", arguments: EnvoyVersion.allCases)
  func routes(version: EnvoyVersion) throws {
    let configuration = """
      transformations: { first: { request: { set: [ { name: x-a, value: b } ] } } }
      routes: { first-route: first }

      """
    let without = try Setup(version, configuration, filter: ExtProcFilter(requestAttributes: []))
    for _ in 0..<3 { #expect(try without.exchange(.get("/route/first-route/anything")).status == 200) }
    try without.sidecar.waitForLog("request_attributes: [xds.route_name]")
    #expect(without.lines("request_attributes_route_name") == 1)
    #expect(try without.admin.get("/readyz").text.contains("set request_attributes: [xds.route_name]"))
    let with = try Setup(version, configuration, filter: ExtProcFilter())
    #expect(try with.exchange(.get("/route/first-route/anything")).upstream().headers["x-a"] == ["b"])
    #expect(with.lines("request_attributes_route_name") == 0)
  }

  @Test("attributes of the connection that do not come are told once", arguments: EnvoyVersion.allCases)
  func connection(version: EnvoyVersion) throws {
    let configuration = "request: { set: [ { name: x-a, value: \"{{ connection.mtls }}\" } ] }\n"
    let without = try Setup(version, configuration, filter: ExtProcFilter())
    for _ in 0..<3 { #expect(try without.exchange(.get("/anything")).status == 200) }
    try without.sidecar.waitForLog("request_attributes: [connection.mtls]")
    #expect(without.lines("request_attributes_connection") == 1)
    let with = try Setup(
      version, configuration, filter: ExtProcFilter(requestAttributes: ["connection.mtls"]))
    #expect(try with.exchange(.get("/anything")).status == 200)
    #expect(with.lines("request_attributes_connection") == 0)
  }

  @Test("response headers that never come are told once", arguments: EnvoyVersion.allCases)
  func responseHeaders(version: EnvoyVersion) throws {
    let configuration = """
      request: { set: [ { name: x-a, value: b } ] }
      response: { set: [ { name: x-a, value: b } ] }

      """
    let setup = try Setup(
      version, configuration,
      filter: ExtProcFilter(sendsResponseHeaders: false, requestBody: .none, responseBody: .none))
    for _ in 0..<25 { #expect(try setup.exchange(.get("/anything")).status == 200) }
    try setup.sidecar.waitForLog("processing_mode.response_header_mode to SEND")
    #expect(setup.lines("response_header_mode") == 1)
    let all = try Setup(
      version, configuration, filter: ExtProcFilter(requestBody: .none, responseBody: .none))
    for _ in 0..<25 { #expect(try all.exchange(.get("/anything")).headers["x-a"] == ["b"]) }
    #expect(all.lines("response_header_mode") == 0)
  }

  @Test("an override that Envoy does not follow is told once, one that it follows never")
  func override() throws {
    for allows in [false, true] {
      let setup = try Setup(.newest, Self.readsHeaders, filter: ExtProcFilter(allowModeOverride: allows))
      for _ in 0..<3 { #expect(try setup.exchange(.post("/anything", "hello")).status == 200) }
      #expect(setup.lines("allow_mode_override") == (allows ? 0 : 1))
    }
  }
}
