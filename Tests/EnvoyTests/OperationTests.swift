import Foundation
import Testing

@Suite("What a sidecar tells of itself")
struct OperationTests {
  private static let configuration = """
    transformations:
      default: { request: { set: [ { name: \(Load.header), value: "1" }, { name: x-secret-token, value: hidden } ] } }
      failing:
        request: { set: [ { name: x-a, value: "{{ header('none').a.b }}" } ] }
        response: { set: [ { name: x-b, value: "{{ header('none').a.b }}" } ] }
    routes: { first-route: failing }
    """

  private struct Setup {
    let folder: TemporaryFolder
    let configuration: String
    let sidecar: SidecarProcess
    let admin: Admin
    let gateway: FaultGateway

    init(_ version: EnvoyVersion, options: [String] = []) throws {
      folder = try TemporaryFolder()
      configuration = try folder.write("c.yaml", OperationTests.configuration)
      let socket = folder.file("s")
      sidecar = try SidecarProcess.listening(
        "sidecar", configuration: configuration, listen: "unix:\(socket)",
        options: ["--admin", "0"] + options, in: folder)
      admin = try Admin(of: sidecar)
      gateway = try FaultGateway(
        version,
        listeners: [
          .init(name: "all", filter: ExtProcFilter())
        ], sidecars: [FaultGateway.pipe(socket)], in: folder)
    }

    func exchange(_ request: HTTPRequest) throws -> HTTPResponse {
      try HTTPConnection(port: gateway.envoy.port(of: "all")).exchange(request)
    }
  }

  @Test(
    "each request is counted once, and Envoy's cancelled streams are no failures",
    arguments: EnvoyVersion.allCases)
  func counts(version: EnvoyVersion) throws {
    let setup = try Setup(version)
    for _ in 0..<20 { #expect(try setup.exchange(.post("/anything", "hello")).status == 200) }
    try waitFor("all streams have ended") {
      try setup.admin.metric("swiftformations_streams_open") == 0 ? true : nil
    }
    let exchanges = "swiftformations_exchanges_total"
    #expect(try setup.admin.metric("\(exchanges){transformation=\"default\"}") == 20)
    #expect(try setup.admin.sum(exchanges) == 20)
    let phase = "swiftformations_phase_duration_seconds_count"
    #expect(try setup.admin.metric("\(phase){phase=\"request_headers\"}") == 20)
    #expect(try setup.admin.metric("swiftformations_streams_ended_total{end=\"failed\"}") == 0)
    #expect(try setup.admin.metric("swiftformations_connections_open") >= 1)
    #expect(try setup.admin.metric("swiftformations_received_bytes_total") > 1_000)
    #expect(try setup.admin.metric("swiftformations_sent_bytes_total") > 200)
    #expect(try setup.admin.metric("process_open_fds") > 5)
    #expect(!setup.sidecar.process.log.contains("exchange failed"))
    let shown = try setup.admin.get("/config")
    #expect(shown.headers["content-type"] == ["application/json"])
    #expect(!shown.text.contains("hidden"))
    #expect(shown.text.contains("x-secret-token"))
  }

  @Test(
    "a failed exchange is one JSON line with Envoy's request id, and many are a few and a sum",
    arguments: EnvoyVersion.allCases)
  func failures(version: EnvoyVersion) throws {
    let setup = try Setup(version, options: ["--log-format", "json"])
    _ = try setup.exchange(.get("/route/first-route/anything", headers: ["x-request-id": "id-1"]))
    let line = try setup.sidecar.waitForLog("exchange failed")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String], "\(line)")
    #expect(object["transformation"] == "failing")
    #expect(object["phase"] == "request_headers")
    #expect(object["reason"] == "rendering_failed")
    #expect(object["x-request-id"] == "id-1")
    let connection = try HTTPConnection(port: setup.gateway.envoy.port(of: "all"))
    for _ in 0..<60 { #expect(try connection.exchange(.get("/route/first-route/anything")).status == 200) }
    let failures = "swiftformations_failures_total{reason=\"rendering_failed\",transformation=\"failing\"}"
    #expect(try setup.admin.metric(failures) == 122)
    let exchanges = "swiftformations_exchanges_total{transformation=\"failing\"}"
    #expect(try setup.admin.metric(exchanges) == 61)
    let leftOut = try setup.admin.metric("swiftformations_log_lines_left_out_total")
    let lines = setup.sidecar.process.log.split(separator: "\n").count { $0.contains("\"exchange failed\"") }
    #expect(lines + Int(leftOut) == 61)
    if leftOut > 0 { try setup.sidecar.waitForLog("lines of the log were left out") }
  }

  @Test(
    "a refused file shows in /readyz and in a metric, until it is mended", arguments: [EnvoyVersion.newest])
  func refused(version: EnvoyVersion) throws {
    let setup = try Setup(version)
    #expect(try setup.admin.get("/readyz").text.hasPrefix("ready\n"))
    _ = try setup.folder.write("c.yaml", "request: { set: 1 }")
    setup.sidecar.process.signal(SIGHUP)
    try setup.sidecar.waitForLog("configuration refused")
    let ready = try setup.admin.get("/readyz")
    #expect(ready.status == 200)
    #expect(ready.text.contains("\(setup.configuration):1:17: error: "))
    #expect(try setup.admin.metric("swiftformations_config_last_reload_successful") == 0)
    #expect(try setup.admin.metric("swiftformations_config_refusals_total") == 1)
    #expect(try setup.exchange(.get("/anything")).upstream().headers[Load.header] == ["1"])
    _ = try setup.folder.write("c.yaml", "request: { set: [ { name: \(Load.header), value: '2' } ] }")
    try waitFor("the mended file is in force") {
      try setup.admin.metric("swiftformations_config_loads_total") == 2 ? true : nil
    }
    #expect(try setup.admin.metric("swiftformations_config_last_reload_successful") == 1)
    #expect(!(try setup.admin.get("/readyz").text.contains("refused")))
    #expect(try setup.exchange(.get("/anything")).upstream().headers[Load.header] == ["2"])
  }
}
