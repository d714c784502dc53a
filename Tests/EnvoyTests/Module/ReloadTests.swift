import Foundation
import Testing

/// Envoy's listener is replaced again and again while requests pass through it.
@Suite("Updates of the listener under load")
struct ReloadTests {
  enum Deployment: String, CaseIterable, Sendable { case sidecar, module }

  @Test(
    "every request is answered, by the old configuration or the new one", arguments: EnvoyVersion.everyLine,
    Deployment.allCases)
  func reload(version: EnvoyVersion, deployment: Deployment) async throws {
    let queue = try #require(Self.queues[version])
    let outcome = try await queue.run { try Self.reload(version, deployment) }
    // Each update holds more than 40 kB: if 400 of them left theirs behind, it were 16 MB and more.
    #expect(outcome.growthBytes < 4 << 20)
    #expect(outcome.servedAfterRejection == outcome.lastAccepted)
    #expect(outcome.exitStatus == 0)
  }

  private struct Outcome: Sendable {
    /// What the last 400 of 500 updates left behind, where there were so many.
    var growthBytes = 0
    var lastAccepted: Int?
    var servedAfterRejection: Int?
    /// After SIGTERM.
    var exitStatus: Int?
  }

  private static let queues = Dictionary(
    uniqueKeysWithValues: EnvoyVersion.everyLine.map { ($0, BlockingQueue("reload \($0.rawValue)")) })

  private static func reload(_ version: EnvoyVersion, _ deployment: Deployment) throws -> Outcome {
    var outcome = Outcome()
    let isMeasured = deployment == .module && EnvoyVersion.allCases.contains(version)
    let gateway = try ReloadedGateway(version, deployment)
    let traffic = ReloadTraffic(port: try gateway.port, threads: 2)
    defer { traffic.cancel() }

    try gateway.update(through: isMeasured ? 100 : 10)
    if isMeasured {
      try gateway.waitUntilDrained()
      let early = try gateway.envoy.allocatedBytes
      try gateway.update(through: 500)
      try gateway.waitUntilDrained()
      outcome.growthBytes = try gateway.envoy.allocatedBytes - early
    }

    // A faulty one is rejected, and the old one goes on.
    outcome.lastAccepted = gateway.lastUpdate
    try gateway.rejectUpdate()
    outcome.servedAfterRejection = try gateway.servedUpdate()

    try traffic.stop()
    gateway.envoy.process.signal(SIGTERM)
    try gateway.envoy.process.waitForEnd()
    outcome.exitStatus = gateway.envoy.process.exitStatus
    return outcome
  }
}
