import Foundation
import Testing

/// Messages of headers and trailers without a byte between them. Envoy then sends no body message, and its answer to
/// trailers cannot change headers.
@Suite("Trailers in place of a body, through a sidecar")
struct TrailersInsteadOfBodyTests {
  private static let options = ["--admin", "0"]

  private struct Setup {
    let sidecar: SidecarProcess
    let admin: Admin
    let gateway: FaultGateway
    let folder: TemporaryFolder

    init(_ version: EnvoyVersion, _ configuration: String) throws {
      folder = try TemporaryFolder()
      let socket = folder.file("s")
      sidecar = try SidecarProcess.listening(
        "sidecar", configuration: folder.write("c.yaml", configuration), listen: "unix:\(socket)",
        options: TrailersInsteadOfBodyTests.options, in: folder)
      admin = try Admin(of: sidecar)
      gateway = try FaultGateway(
        version, listeners: [.init(name: "all", filter: ExtProcFilter())],
        sidecars: [FaultGateway.pipe(socket)], in: folder)
    }

    func exchange() throws -> HTTPResponse {
      var request = HTTPRequest.post("/anything", "")
      request.trailers = ["x-checksum": "42"]
      return try HTTPConnection(port: gateway.envoy.port(of: "all")).exchange(request)
    }
  }

  @Test(
    "a request that is only read passes with its trailers, and is counted", arguments: EnvoyVersion.allCases)
  func read(version: EnvoyVersion) throws {
    let setup = try Setup(
      version,
      """
      request:
        set: [ { name: x-a, value: "[{{ body() }}]" } ]
        dynamicMetadata: [ { namespace: \(EnvoyConfiguration.metadataNamespace), key: k, value: { stringValue: v } } ]

      """)
    let seen = try setup.exchange().upstream()
    #expect(seen.headers["x-a"] == [])
    #expect(seen.body == "")
    #expect(seen.trailers == ["x-checksum": "42"])
    let entry = try setup.gateway.envoy.accessLogEntry(path: "/anything")
    #expect(entry.metadata == ["k": .string("v")])
    let skipped =
      "swiftformations_skipped_total{reason=\"trailers_instead_of_body\",transformation=\"default\"}"
    #expect(try setup.admin.metric(skipped) == 1)
  }

  @Test("a request that is rewritten is refused", arguments: EnvoyVersion.allCases)
  func rewritten(version: EnvoyVersion) throws {
    let setup = try Setup(version, "request: { body: { value: \"{{ body() }}!\" } }\n")
    #expect(try setup.exchange().status == 500)
    let entry = try setup.gateway.envoy.accessLogEntry(path: "/anything")
    #expect(entry.details?.contains("reason=request_body_not_sent") == true)
  }
}
