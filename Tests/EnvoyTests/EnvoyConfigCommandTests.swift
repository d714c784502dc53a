import Foundation
import Testing

/// What `swiftformations envoy-config` prints is what Envoy takes.
@Suite("The command envoy-config")
struct EnvoyConfigCommandTests {
  private static let transformations = """
    transformations:
      default:
        request: { set: [ { name: x-a, value: b } ] }
      chat:
        request:
          body: { parseAs: AsJson }
          set: [ { name: x-model, value: "{{ model }}" } ]
          dynamicMetadata: [ { namespace: com.example, key: m, value: { stringValue: "{{ model }}" } } ]
        response:
          set: [ { name: x-tls, value: "{{ connection.tls_version }}" } ]
    routes: { chat-route: chat }
    """

  @Test("a whole bootstrap is valid", arguments: EnvoyVersion.allCases, [[], ["--transformation", "chat"]])
  func valid(version: EnvoyVersion, options: [String]) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("chat.yaml", Self.transformations)
    let bootstrap = try Self.run([file, "--deployment", "sidecar", "--full"] + options, in: folder)
    #expect(try Envoy.complaint(of: version, about: bootstrap) == nil)
  }

  @Test("a whole bootstrap works", arguments: EnvoyVersion.allCases)
  func works(version: EnvoyVersion) throws {
    let folder = try TemporaryFolder()
    let mock = try MockLLM(in: folder)
    let sidecar = try Sidecar(configuration: Self.transformations, in: folder)
    let bootstrap = try Self.run(
      [
        folder.file("transformations.yaml"), "--full", "--transformation", "chat", "--socket",
        sidecar.socketPath,
        "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:\(mock.port)",
      ], in: folder)
    let envoy = try Envoy(version, bootstrap: bootstrap, in: folder)
    let connection = try HTTPConnection(port: envoy.port(of: "http"))
    let seen = try connection.exchange(.post("/anything", json: #"{"model": "m"}"#)).upstream()
    #expect(seen.headers["x-model"] == ["m"])
  }

  @Test("a whole bootstrap with the module is valid and works", arguments: EnvoyVersion.everyLine)
  func module(version: EnvoyVersion) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("chat.yaml", Self.transformations)
    let mock = try MockLLM(in: folder)
    let options = ["--full", "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:\(mock.port)"]
    for (arguments, header, value) in [
      ([], "x-a", "b"), (["--transformation", "chat"], "x-model", "m"),
    ] {
      let bootstrap = try Self.run([file, "--deployment", "module"] + options + arguments, in: folder)
      let envoy = try Envoy(version, bootstrap: bootstrap, modules: try ModuleFolder.all.path, in: folder)
      let connection = try HTTPConnection(port: envoy.port(of: "http"))
      let seen = try connection.exchange(.post("/anything", json: #"{"model": "m"}"#)).upstream()
      #expect(seen.headers[header] == [value])
    }
  }

  /// Gives what it prints.
  private static func run(_ arguments: [String], in folder: TemporaryFolder) throws -> String {
    let process = try ChildProcess(
      "swiftformations", Programs.swiftformations, ["envoy-config"] + arguments,
      logFile: folder.file("envoy-config-\(UUID().uuidString).out"))
    try process.waitForEnd()
    guard process.exitStatus == 0 else { throw Failure(process.log) }
    return process.log
  }
}
