import Testing

/// The sidecar, the module and `render` make the same of every scenario, byte for byte.
@Suite("Parity of the deployments")
struct ParityTests {
  @Test("each scenario has its outcome", arguments: ParityPlace.allCases, Scenario.all)
  func outcome(place: ParityPlace, scenario: Scenario) async throws {
    let actual = try await place.run(scenario)
    let expected = scenario.outcome(in: place)
    #expect(
      actual.upstream?.compared == expected.upstream?.compared,
      """
      \(scenario.name) in \(place.name), at the upstream
      --- expected
      \(expected.upstream.map { "\($0.compared)" } ?? "nothing")
      --- actual
      \(actual.upstream.map { "\($0.compared)" } ?? "nothing")
      """)
    #expect(
      actual.client.compared == expected.client.compared,
      """
      \(scenario.name) in \(place.name), at the client
      --- expected
      \(expected.client.compared)
      --- actual
      \(actual.client.compared)
      """)
    #expect(actual.metadata == expected.metadata, "\(scenario.name) in \(place.name)")
    #expect(actual.details == expected.details, "\(scenario.name) in \(place.name)")
  }

  @Test("the files are read, and say no difference that is none")
  func files() throws {
    let scenarios = try Scenario.loaded.get()
    #expect(scenarios.count >= 60)
    #expect(Set(scenarios.map(\.name)).count == scenarios.count)
    for scenario in scenarios { #expect(scenario.idleDifferences.isEmpty, "\(scenario.name)") }
  }
}
