import Foundation
import Testing

/// What deploy/lab/test.sh asks of the lab in a cluster, here without one: the lab's transformation, behind the filter
/// that `envoy-config` prints for it.
@Suite("The lab's transformation")
struct LabTests {
  private static let hello = #""messages": [{"role": "user", "content": "Hello"}]"#

  @Test("the requests of its test", arguments: EnvoyVersion.allCases)
  func requests(version: EnvoyVersion) throws {
    let folder = try TemporaryFolder()
    let mock = try MockLLM(in: folder)
    let file = Programs.packageRoot.appendingPathComponent("deploy/lab/transformation/transformations.yaml")
    let sidecar = try Sidecar(configuration: try String(contentsOf: file, encoding: .utf8), in: folder)
    let printed = try ChildProcess(
      "swiftformations", Programs.swiftformations,
      [
        "envoy-config", file.path, "--full", "--socket", sidecar.socketPath, "--listen", "127.0.0.1:0",
        "--upstream", "127.0.0.1:\(mock.port)",
      ], logFile: folder.file("envoy-config.out"))
    try printed.waitForEnd()
    let envoy = try Envoy(version, bootstrap: printed.log, in: folder)
    let connection = try HTTPConnection(port: envoy.port(of: "http"))

    let answer = try connection.exchange(
      .post("/v1/chat/completions", json: "{\"model\": \"gpt-4\", \(Self.hello)}"))
    #expect(answer.status == 200)
    #expect(answer.headers["x-custom-transformed"] == ["true"])
    #expect(answer.headers["x-model"] == ["gpt-4"])
    let usage = try #require(try answer.json()["usage"] as? [String: Int])
    #expect(answer.headers["x-tokens-used"] == [try "\(#require(usage["total_tokens"]))"])

    let stream = try connection.exchange(
      .post("/v1/chat/completions", json: "{\"model\": \"gpt-4\", \"stream\": true, \(Self.hello)}"))
    #expect(stream.headers["x-custom-transformed"] == ["true"])
    #expect(stream.headers["x-tokens-used"] == [])
    #expect(stream.text.contains("\ndata: [DONE]\n"))

    let refused = try connection.exchange(.post("/v1/chat/completions", "not JSON"))
    #expect(refused.status == 400)
    #expect(refused.text.contains(#""body_not_json""#))
  }
}
