import Foundation
import Testing
import Transformation

@testable import swiftformations

@Suite("envoy-config prints what Envoy has to be told")
struct SidecarSetupTests {
  private func setup(_ text: String, _ name: String? = nil) throws -> SidecarSetup {
    let configuration = try Fixture.configuration(text)
    return SidecarSetup(
      configuration, for: try name.map { try configuration.transformation($0) }, file: "chat.yaml",
      socket: Serve.defaultSocket)
  }

  private func mode(_ text: String) throws -> ProcessingMode {
    ProcessingMode(try Fixture.configuration(text).transformations.values.map(\.needs))
  }

  // MARK: The least processing mode

  @Test("only phases that a template needs are sent")
  func modes() throws {
    let nothing = try mode("{}")
    #expect(
      nothing.yaml.text.contains(
        "request_header_mode: SKIP\nresponse_header_mode: SKIP\nrequest_body_mode: NONE\n"))
    let headers = try mode("request: {remove: [a]}")
    #expect(headers.requestHeaders && !headers.requestBody && !headers.responseHeaders)
    let parsed = try mode("request: {body: {parseAs: AsJson}, set: [{name: a, value: '{{ b }}'}]}")
    #expect(parsed.requestHeaders && parsed.requestBody)
    let constant = try mode("request: {body: {value: hello}}")
    #expect(constant.requestHeaders && !constant.requestBody)
    let response = try mode("response: {set: [{name: a, value: '{{ body() }}'}]}")
    #expect(response.requestHeaders && response.responseHeaders && response.responseBody)
    let both = try mode("response: {set: [{name: a, value: \"{{ request_header('b') }}\"}]}")
    #expect(both.requestHeaders && both.responseHeaders && !both.responseBody)
  }

  @Test("a filter for all transformations sends what any needs, one for a transformation what that needs")
  func union() throws {
    let all = try setup(Fixture.chat)
    #expect(all.mode.requestBody && all.mode.responseHeaders)
    let one = try setup(Fixture.chat, "default")
    #expect(one.mode.requestHeaders && !one.mode.requestBody && !one.mode.responseHeaders)
  }

  // MARK: Options

  @Test("attributes are asked for where the first message goes")
  func attributes() throws {
    let routed = "transformations: {a: {request: {remove: [x]}}}\nroutes: {r: a}\n"
    #expect(try setup(routed).filter.text.contains("  request_attributes:\n  - xds.route_name\n"))
    #expect(try !setup(routed, "a").filter.text.contains("attributes"))
    let late =
      "transformations: {a: {response: {set: [{name: x, value: '{{ connection.mtls }}'}]}}}\nroutes: {r: a}\n"
    #expect(
      try setup(late).filter.text.contains(
        "  response_attributes:\n  - xds.route_name\n  - connection.mtls\n"))
    #expect(try !setup(late).filter.text.contains("request_attributes"))
  }

  @Test("changes that Envoy would drop are allowed, and no others")
  func mutationRules() throws {
    #expect(try !setup("request: {set: [{name: ':path', value: /x}]}").filter.text.contains("mutation_rules"))
    let routing = try setup("request: {set: [{name: ':authority', value: x}]}").filter.text
    #expect(routing.contains("allow_all_routing: true") && !routing.contains("allow_envoy"))
    let internals = try setup("request: {set: [{name: x-envoy-retry-on, value: 5xx}]}").filter.text
    #expect(!internals.contains("allow_all_routing") && internals.contains("allow_envoy: true"))
  }

  @Test("a percent sign in a name is not a command operator of Envoy")
  func percent() throws {
    let setup = try setup("transformations: {'100%': {request: {remove: [x]}}}", "100%")
    #expect(setup.fragments.contains("        value: \"100%%\"\n"))
  }

  // MARK: Whole texts

  @Test("the pieces for a file of two transformations and a route")
  func fragments() throws { try Golden.expect("two-transformations.yaml", try setup(Fixture.chat).fragments) }

  @Test("the pieces for one transformation")
  func fragmentsForOne() throws {
    try Golden.expect("one-transformation.yaml", try setup(Fixture.chat, "chat").fragments)
  }

  @Test("a whole bootstrap")
  func bootstrap() throws {
    try Golden.expect(
      "bootstrap.yaml",
      try setup(Fixture.chat, "chat").bootstrap(
        listen: HostAndPort(host: "127.0.0.1", port: 10000),
        upstream: HostAndPort(host: "localhost", port: 8080)))
  }

  // MARK: A real Envoy

  @Test(
    "Envoy accepts the bootstrap",
    arguments: [
      "{}", Fixture.chat, "request: {set: [{name: ':authority', value: x}, {name: x-envoy-a, value: b}]}",
      "response: {body: {value: '{{ body() }}'}, set: [{name: x, value: '{{ connection.mtls }}'}]}",
    ])
  func accepted(_ text: String) throws {
    let configuration = try Fixture.configuration(text)
    for transformation in [nil] + configuration.transformations.values.map(Optional.init) {
      let setup = SidecarSetup(configuration, for: transformation, file: "a` b", socket: "/run/x y.sock")
      let bootstrap = setup.bootstrap(
        listen: HostAndPort(host: "::1", port: 0), upstream: HostAndPort(host: "localhost", port: 8080))
      let result = try Environment.validate(bootstrap)
      #expect(result.status == 0, "\(result.error)\n\(bootstrap)")
    }
  }

  @Test("what Envoy does not accept is seen")
  func refused() throws {
    let setup = try setup(Fixture.chat, "chat")
    let bootstrap = setup.bootstrap(
      listen: HostAndPort(host: "127.0.0.1", port: 0), upstream: HostAndPort(host: "localhost", port: 8080))
    #expect(bootstrap.contains("overrides:"))
    #expect(try Environment.validate(bootstrap.replacing("overrides:", with: "override:")).status != 0)
  }
}
