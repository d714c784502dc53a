import ConfigurationFiles
import Foundation
import Testing
import Transformation

@testable import swiftformations

@Suite("check --envoy compares a bootstrap with the file")
struct EnvoyCheckTests {
  @Test("a fault is told at its place", arguments: EnvoyCase.all)
  func faults(_ fault: EnvoyCase) throws {
    #expect(try fault.report() == fault.expected)
  }

  @Test("every file of cases has some")
  func files() throws {
    for file in EnvoyCase.files { #expect(EnvoyCase.read(file).count > 3) }
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try update() }
  }

  /// Writes what is said now, to be read before it is committed.
  private func update() throws {
    for file in EnvoyCase.files {
      let text = EnvoyCase.text(file)
      let head = text.components(separatedBy: "\n=== ").first ?? ""
      let cases = try EnvoyCase.read(file).map { fault in
        "\n=== " + fault.source.joined(separator: "\n") + "\n>>>\n" + (try fault.report()) + "\n"
      }
      try Data((head + cases.joined()).utf8).write(to: EnvoyCase.folder.appending(path: file))
    }
  }

  // MARK: What fits

  private func findings(_ transformations: String, _ bootstrap: String) throws -> String {
    let file = ConfigurationFile(name: "chat.yaml", bytes: Array(transformations.utf8))
    let configuration = try #require(file.configuration, Comment(rawValue: file.report()))
    return EnvoyCheck(file, configuration, name: "envoy.yaml", bytes: Array(bootstrap.utf8)).report(
      colour: false)
  }

  @Test(
    "the bootstraps that the cases are made of fit, as YAML and as JSON",
    arguments: ["sidecar.yaml", "module.yaml"])
  func bases(_ base: String) throws {
    let transformations = EnvoyCase.transformations(of: base)
    let yaml = EnvoyCase.text(base)
    #expect(try findings(transformations, yaml) == "")
    let json = try ConfigurationNode.read(Array(yaml.utf8)).jsonText
    #expect(try findings(transformations, json) == "")
  }

  static let transformations = [
    Fixture.chat, EnvoyCase.transformations(of: "sidecar.yaml"), EnvoyCase.transformations(of: "module.yaml"),
    "request: {set: [{name: ':authority', value: x}, {name: x-envoy-a, value: b}]}",
    "response: {body: {value: '{{ body() }}'}, set: [{name: x, value: '{{ connection.mtls }}'}]}",
    "request: {clearRouteCache: true, body: {value: a}}",
    "transformations: {a: {response: {set: [{name: x, value: '{{ connection.mtls }}'}]}}}\nroutes: {r: a}\n",
  ]

  @Test("what envoy-config prints fits", arguments: EnvoyCheckTests.transformations)
  func printed(_ text: String) throws {
    let file = ConfigurationFile(name: "chat.yaml", bytes: Array(text.utf8))
    let configuration = try #require(file.configuration)
    let listen = HostAndPort(host: "127.0.0.1", port: 10000)
    let upstream = HostAndPort(host: "localhost", port: 8080)
    for transformation in [nil] + configuration.transformations.values.map(Optional.init) {
      let sidecar = SidecarSetup(configuration, for: transformation, file: "f", socket: "/run/x.sock")
      #expect(try findings(text, sidecar.bootstrap(listen: listen, upstream: upstream)) == "")
      let module = try #require(ModuleSetup(file, for: transformation))
      #expect(try findings(text, module.bootstrap(listen: listen, upstream: upstream)) == "")
    }
  }

  @Test("what is no bootstrap is told", arguments: ["", "[]", "a: 1", "static_resources: { listeners: 1 }"])
  func noBootstrap(_ text: String) throws {
    #expect(try findings("request: { remove: [a] }", text).contains(": error: no filter in this bootstrap"))
  }

  @Test("what cannot be read is told with its place")
  func unreadable() throws {
    #expect(try findings("{}", "a: [").hasPrefix("envoy.yaml:1:5: error: not YAML: "))
    #expect(try findings("{}", "{\n\"a\": x}").hasPrefix("envoy.yaml:2:6: error: "))
  }
}
