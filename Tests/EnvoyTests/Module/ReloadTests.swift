import Foundation
import Testing

/// Envoy's listener is replaced again and again while requests pass through it.
@Suite("Updates of the listener under load", .serialized)
struct ReloadTests {
  enum Deployment: String, CaseIterable, Sendable { case sidecar, module }

  @Test(
    "every request is answered, by the old configuration or the new one", arguments: EnvoyVersion.everyLine,
    Deployment.allCases)
  func reload(version: EnvoyVersion, deployment: Deployment) throws {
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
      // Each update holds more than 40 kB: if 400 of them left theirs behind, it were 16 MB and more.
      #expect(try gateway.envoy.allocatedBytes - early < 4 << 20)
    }

    // A faulty one is rejected, and the old one goes on.
    let last = gateway.lastUpdate
    try gateway.rejectUpdate()
    #expect(try gateway.servedUpdate() == last)

    try traffic.stop()
    gateway.envoy.process.signal(SIGTERM)
    try gateway.envoy.process.waitForEnd()
    #expect(gateway.envoy.process.exitStatus == 0)
  }
}
