import Testing

/// Beside other filters, behind retries and redirects, over both protocols: what arrives is what each filter alone makes
/// of it, in their order.
@Suite("Neighbours in the filter chain")
struct NeighbourTests {
  private static let whole = NeighbourGateways(smoke: false)
  private static let smoke = NeighbourGateways(smoke: true)

  /// The lines that are not tested whole.
  private static let linesBetween = EnvoyVersion.everyLine.filter { !EnvoyVersion.allCases.contains($0) }

  @Test(
    "each filter gets what those before it made, whatever the transformation and the messages",
    arguments: EnvoyVersion.allCases, NeighbourSetting.all)
  func whole(version: EnvoyVersion, setting: NeighbourSetting) async throws {
    let complaints = try await Self.whole.run(setting, version)
    for complaint in complaints { Issue.record("\(complaint)") }
  }

  @Test(
    "a selection gives the same in the lines between", arguments: linesBetween, NeighbourSetting.all)
  func smoke(version: EnvoyVersion, setting: NeighbourSetting) async throws {
    let complaints = try await Self.smoke.run(setting, version)
    for complaint in complaints { Issue.record("\(complaint)") }
  }

  @Test("the files are read")
  func files() throws {
    let files = try NeighbourFiles.all
    #expect(files.chains.count >= 20)
    #expect(Set(files.chains.map(\.name)).count == files.chains.count)
  }
}

/// A chain of filters where the filter of ours runs in one way.
struct NeighbourSetting: Sendable, CustomTestStringConvertible {
  let chain: NeighbourChain
  let deployment: ParityGateway.Deployment

  static let all = ((try? NeighbourFiles.all.chains) ?? []).flatMap { chain in
    chain.deployments.map { NeighbourSetting(chain: chain, deployment: $0) }
  }

  var testDescription: String { "\(chain.name), by the \(deployment.rawValue)" }
}
