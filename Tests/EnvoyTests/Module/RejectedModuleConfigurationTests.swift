import Testing

@Suite("What the module rejects, Envoy rejects, and the log tells the place")
struct RejectedModuleConfigurationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var filter: ModuleFilter
    var isOfRoute = false
    /// What the log must hold.
    let complaints: [String]
  }

  private static let cases = [
    Case(
      testDescription: "a filter name that nothing has",
      filter: ModuleFilter(filterName: "transformer", configuration: "{}"),
      complaints: ["filter_name: there is no filter `transformer`"]),
    Case(
      testDescription: "a template that does not compile",
      filter: ModuleFilter(
        configuration: """
          {
            "request": { "set": [ { "name": "x-a", "value": "{{ header('x-b' }}" } ] }
          }
          """),
      complaints: ["filter_config:2:", "error:", "request.set[0].value"]),
    Case(
      testDescription: "a text that is not JSON",
      filter: ModuleFilter(configuration: "{ \"request\": nope }"), complaints: ["filter_config:1:14: error:"]
    ),
    Case(
      testDescription: "bytes that are no UTF-8",
      filter: ModuleFilter(type: .bytes, bytes: Array("{\n\"a\": \"".utf8) + [0xff] + Array("\"}".utf8)),
      complaints: ["filter_config:2:7: error:", "not UTF-8"]),
    Case(
      testDescription: "a route's own configuration",
      filter: ModuleFilter(configuration: #"{"request": {"set": 1}}"#), isOfRoute: true,
      complaints: ["per-route filter_config:1:21: error: expected a list"]),
  ]

  @Test("by --mode validate", arguments: EnvoyVersion.everyLine, cases)
  func rejected(version: EnvoyVersion, rejected: Case) throws {
    let good = ModuleFilter(configuration: "{}")
    let configuration = EnvoyConfiguration(
      upstreamPort: 1, sidecarSocket: nil,
      listeners: [
        .init(
          name: "rejected", module: rejected.isOfRoute ? good : rejected.filter,
          moduleOfRoute: rejected.isOfRoute ? rejected.filter : nil)
      ])
    let log = try #require(
      try Envoy.complaint(
        of: version, about: configuration.yaml(accessLogFile: "/dev/null"),
        modules: try ModuleFolder.all.path))
    for complaint in rejected.complaints { #expect(log.contains(complaint), "\(log.suffix(2000))") }
  }

  @Test("and accepts what is right", arguments: EnvoyVersion.everyLine)
  func accepted(version: EnvoyVersion) throws {
    let configuration = EnvoyConfiguration(
      upstreamPort: 1, sidecarSocket: nil,
      listeners: [
        .init(name: "accepted", module: ModuleFilter(configuration: #"{"request": {"remove": ["x"]}}"#))
      ])
    let complaint = try Envoy.complaint(
      of: version, about: configuration.yaml(accessLogFile: "/dev/null"), modules: try ModuleFolder.all.path)
    #expect(complaint == nil)
  }
}
