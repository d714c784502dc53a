import Foundation
import Testing

@Suite("TLS between Envoy and the sidecar", .serialized)
struct TLSTests {
  /// A sidecar that asks for certificates of `clients`, and shows one of `servers`.
  private struct Setup {
    let folder: TemporaryFolder
    let certificates: Certificates
    let sidecar: SidecarProcess
    let port: Int

    init(
      server: String = "server", clientAuthority: String? = "clients", options more: [String] = []
    ) throws {
      folder = try TemporaryFolder()
      certificates = try Certificates(in: folder)
      for authority in ["servers", "clients", "strangers"] { try certificates.makeAuthority(authority) }
      try certificates.make("server", signedBy: "servers")
      try certificates.make("renewed", signedBy: "servers")
      try certificates.make("envoy", signedBy: "clients")
      try certificates.make("stranger", signedBy: "strangers")
      try certificates.make("expired", signedBy: "clients", days: -1)
      let configuration = try folder.write("c.yaml", FaultSetup.configuration)
      var options =
        more + [
          "--tls-certificate", certificates.path("\(server).crt"), "--tls-key",
          certificates.path("\(server).key"),
          "--admin", "0",
        ]
      if let clientAuthority { options += ["--tls-client-ca", certificates.path("\(clientAuthority).crt")] }
      sidecar = try SidecarProcess.listening(
        "sidecar", configuration: configuration, listen: "127.0.0.1:0", options: options, in: folder)
      let line = try sidecar.waitForLog("listening")
      guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else { throw Failure(line) }
      self.port = port
    }

    func gateway(
      _ version: EnvoyVersion, identity: String?, trusting authority: String = "servers", more: String = ""
    ) throws -> FaultGateway {
      try FaultGateway(
        version, listeners: [.init(name: "all", filter: ExtProcFilter())], sidecars: [FaultGateway.tcp(port)],
        clusterOptions: certificates.transportSocket(identity: identity, trusting: authority, more: more),
        in: try TemporaryFolder())
    }

    func exchange(_ gateway: FaultGateway) throws -> HTTPResponse {
      try HTTPConnection(port: gateway.envoy.port(of: "all")).exchange(.get("/anything"))
    }
  }

  @Test(
    "with the right certificates on both sides requests are transformed", arguments: EnvoyVersion.allCases)
  func mutual(version: EnvoyVersion) throws {
    let setup = try Setup()
    for more in ["", "tls_params: { tls_maximum_protocol_version: TLSv1_2 },"] {
      let gateway = try setup.gateway(version, identity: "envoy", more: more)
      #expect(try setup.exchange(gateway).upstream().headers[Load.header] == ["1"])
    }
    #expect(try Admin(of: setup.sidecar).metric("swiftformations_tls_handshakes_failed_total") == 0)
  }

  @Test("without a client CA any client is let in, and the server is checked by Envoy")
  func serverOnly() throws {
    let setup = try Setup(clientAuthority: nil)
    let gateway = try setup.gateway(.newest, identity: nil)
    #expect(try setup.exchange(gateway).upstream().headers[Load.header] == ["1"])
    #expect(
      try setup.exchange(try setup.gateway(.newest, identity: nil, trusting: "strangers")).status == 500)
  }

  @Test(
    "no certificate, one of a stranger, one that has expired: nothing gets in, in TLS 1.2 and 1.3",
    arguments: [nil, "stranger", "expired"], ["TLSv1_2", "TLSv1_3"])
  func refused(identity: String?, protocolVersion: String) throws {
    let setup = try Setup()
    let parameters =
      "tls_params: { tls_minimum_protocol_version: \(protocolVersion), tls_maximum_protocol_version: \(protocolVersion) },"
    let gateway = try setup.gateway(.newest, identity: identity, more: parameters)
    #expect(try setup.exchange(gateway).status == 500)
    let admin = try Admin(of: setup.sidecar)
    #expect(try admin.sum("swiftformations_exchanges_total") == 0)
    #expect(try admin.metric("swiftformations_streams_started_total") == 0)
    #expect(try admin.metric("swiftformations_tls_handshakes_failed_total") >= 1)
    try setup.sidecar.waitForLog("TLS handshake failed")
    let good = try setup.gateway(.newest, identity: "envoy")
    #expect(try setup.exchange(good).upstream().headers[Load.header] == ["1"])
  }

  @Test("connections that do not shake hands count as held memory")
  func silent() throws {
    let setup = try Setup(options: ["--buffer-mib-max", "8"])
    let silent = try (0..<250).map { _ in try HTTPConnection(port: setup.port) }
    let admin = try Admin(of: setup.sidecar)
    try waitFor("connections are refused") {
      try admin.metric("swiftformations_connections_refused_total") >= 50 ? true : nil
    }
    try setup.sidecar.waitForLog("no memory for one more connection")
    withExtendedLifetime(silent) {}
  }

  @Test("plain text, old TLS, and another protocol than h2 do not get in")
  func otherProtocols() throws {
    let setup = try Setup(clientAuthority: nil)
    let plain = try HTTPConnection(port: setup.port)
    try plain.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0])
    #expect(throws: Failure.self) { try plain.receive() }
    for arguments in [["-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-alpn", "h2"], ["-alpn", "http/1.1"], []] {
      let log = setup.folder.file("client-\(arguments.count).log")
      let client = try ChildProcess(
        "openssl", "/usr/bin/timeout",
        ["20", "/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(setup.port)", "-ign_eof"] + arguments,
        logFile: log)
      // The sidecar ends the connection; the client would wait for it.
      try client.waitForEnd()
      #expect(client.exitStatus != 124)
    }
    let admin = try Admin(of: setup.sidecar)
    #expect(try admin.metric("swiftformations_tls_handshakes_failed_total") == 4)
    #expect(try admin.metric("swiftformations_connections_total") == 0)
  }

  @Test(
    "a renewal under load fails no request; files that are wrong change nothing",
    arguments: EnvoyVersion.allCases)
  func renewal(version: EnvoyVersion) throws {
    let setup = try Setup()
    let gateway = try setup.gateway(version, identity: "envoy")
    let load = try gateway.load(through: "all")
    try load.wait(for: FaultSetup.good)
    try setup.certificates.replace("server", by: "renewed")
    try setup.sidecar.waitForLog("TLS certificate reloaded")
    // A new Envoy shakes hands with the new one; the old goes on.
    let second = try setup.gateway(version, identity: "envoy")
    #expect(try setup.exchange(second).upstream().headers[Load.header] == ["1"])

    // A certificate without its key.
    let certificate = setup.certificates.path("server.crt")
    try FileManager.default.removeItem(atPath: certificate)
    try FileManager.default.copyItem(atPath: setup.certificates.path("stranger.crt"), toPath: certificate)
    setup.sidecar.process.signal(SIGHUP)
    try setup.sidecar.waitForLog("TLS files refused")
    let admin = try Admin(of: setup.sidecar)
    #expect(try admin.metric("swiftformations_tls_last_reload_successful") == 0)
    #expect(try admin.get("/readyz").text.contains("server.key"))
    let third = try setup.gateway(version, identity: "envoy")
    #expect(try setup.exchange(third).upstream().headers[Load.header] == ["1"])

    // Clients of another CA from now on.
    try setup.certificates.replace("server", by: "renewed")
    try setup.certificates.replace("clients", by: "strangers")
    setup.sidecar.process.signal(SIGHUP)
    try waitFor("the files are right again") {
      try admin.metric("swiftformations_tls_last_reload_successful") == 1 ? true : nil
    }
    #expect(try setup.exchange(try setup.gateway(version, identity: "envoy")).status == 500)
    #expect(
      try setup.exchange(try setup.gateway(version, identity: "stranger")).upstream().headers[Load.header]
        == ["1"])
    #expect(Set(try load.stop().keys) == [FaultSetup.good])
  }

  @Test("each metric of the dashboard is one that a sidecar has")
  func dashboard() throws {
    let setup = try Setup()
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = package.appendingPathComponent("deploy/grafana/swiftformations.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is NSDictionary)
    let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    let names = Set(words.filter { $0.hasPrefix("swiftformations_") || $0.hasPrefix("process_") })
    #expect(names.count > 20)
    let metrics = try Admin(of: setup.sidecar).get("/metrics").text
    for name in names {
      // A counter with labels has no sample before the first event, but a type.
      #expect(["\n\(name) ", "\n\(name){", "# TYPE \(name) "].contains { metrics.contains($0) }, "\(name)")
    }
  }

  @Test("what cannot be served is said at the start")
  func wrongAtStart() throws {
    let folder = try TemporaryFolder()
    let certificates = try Certificates(in: folder)
    try certificates.makeAuthority("servers")
    for name in ["server", "other"] { try certificates.make(name, signedBy: "servers") }
    try certificates.make("expired", signedBy: "servers", days: -1)
    let configuration = try folder.write("c.yaml", FaultSetup.configuration)
    for (certificate, key, complaint, status) in [
      ("server.crt", "other.key", "do not go together", 1), ("expired.crt", "expired.key", "has expired", 1),
      ("server.key", "server.key", "no certificate", 1), ("server.crt", "server.crt", "no private key", 1),
      ("none.crt", "server.key", "No such file", 1),
    ] {
      let sidecar = try SidecarProcess(
        "s-\(complaint.count)", configuration: configuration, listen: "127.0.0.1:0",
        options: ["--tls-certificate", certificates.path(certificate), "--tls-key", certificates.path(key)],
        in: folder)
      try sidecar.process.waitForEnd()
      #expect(sidecar.process.exitStatus == status)
      #expect(sidecar.process.log.contains(complaint), "\(sidecar.process.log)")
    }
    let open = try SidecarProcess("open", configuration: configuration, listen: "0.0.0.0:0", in: folder)
    try open.process.waitForEnd()
    #expect(open.process.exitStatus == 64)
    #expect(open.process.log.contains("--allow-plaintext"))
  }
}
