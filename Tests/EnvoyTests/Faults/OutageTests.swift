import Foundation
import Testing

@Suite("A sidecar that is away", .serialized)
struct OutageTests {
  /// Envoy's timeout for a message, and what a busy machine takes for all the rest.
  private static let slowestAllowed = Duration.seconds(FaultSetup.messageTimeoutSeconds + 8)

  @Test(
    "killed and started again under load: requests fail at once or pass, and then all is well",
    arguments: EnvoyVersion.allCases)
  func killed(version: EnvoyVersion) throws {
    var setup = try FaultSetup(version)
    let closed = try setup.gateway.load(through: "closed")
    let open = try setup.gateway.load(through: "open")
    for _ in 0..<2 {
      try closed.wait(for: FaultSetup.good)
      try open.wait(for: FaultSetup.good)
      setup.sidecar.process.stop(with: SIGKILL)
      try closed.wait(for: .status(500))
      try open.wait(for: .untouched)
      try setup.restart()
    }
    try closed.wait(for: FaultSetup.good)
    try open.wait(for: FaultSetup.good)
    #expect(Set(try closed.stop().keys).isSubset(of: [FaultSetup.good, .status(500), .status(504)]))
    #expect(Set(try open.stop().keys).isSubset(of: [FaultSetup.good, .untouched]))
    #expect(closed.slowest < Self.slowestAllowed)
    #expect(open.slowest < Self.slowestAllowed)
  }

  @Test(
    "hung and awake again under load: Envoy's timeout bounds each request, and then all is well",
    arguments: EnvoyVersion.allCases)
  func hung(version: EnvoyVersion) throws {
    let setup = try FaultSetup(version)
    let closed = try setup.gateway.load(through: "closed")
    let open = try setup.gateway.load(through: "open")
    try closed.wait(for: FaultSetup.good)
    try open.wait(for: FaultSetup.good)
    setup.sidecar.process.signal(SIGSTOP)
    try closed.wait(for: .status(504))
    try open.wait(for: .untouched)
    setup.sidecar.process.signal(SIGCONT)
    try closed.wait(for: FaultSetup.good)
    try open.wait(for: FaultSetup.good)
    #expect(Set(try closed.stop().keys) == [FaultSetup.good, .status(504)])
    #expect(Set(try open.stop().keys) == [FaultSetup.good, .untouched])
    #expect(closed.slowest < Self.slowestAllowed)
    #expect(open.slowest < Self.slowestAllowed)
  }

  @Test(
    "two behind one cluster, drained one after the other under load: no request fails",
    arguments: EnvoyVersion.allCases)
  func rollingDrain(version: EnvoyVersion) throws {
    let folder = try TemporaryFolder()
    let configuration = try folder.write("c.yaml", FaultSetup.configuration)
    func start(_ name: String, _ socket: String) throws -> SidecarProcess {
      try SidecarProcess.listening(
        name, configuration: configuration, listen: "unix:\(folder.file(socket))",
        options: ["--drain-delay-seconds", "3"], in: folder)
    }
    var sidecars = try ["a", "b"].map { try start("\($0)-0", $0) }
    let gateway = try FaultGateway(
      version, listeners: [.init(name: "all", filter: ExtProcFilter())],
      sidecars: ["a", "b"].map { FaultGateway.pipe(folder.file($0)) },
      clusterOptions: FaultGateway.healthChecks,
      in: folder)
    func waitForHealthy(_ count: Int) throws {
      try waitFor("\(count) sidecars are healthy") {
        try gateway.envoy.statistic("cluster.sidecar.membership_healthy") == count ? true : nil
      }
    }
    try waitForHealthy(2)
    let load = try gateway.load(through: "all")
    for round in 1...2 {
      for (index, socket) in ["a", "b"].enumerated() {
        try load.waitForMore(50)
        sidecars[index].process.signal(SIGTERM)
        try waitForHealthy(1)
        try sidecars[index].process.waitForEnd(seconds: 40)
        #expect(sidecars[index].process.exitStatus == 0)
        try load.waitForMore(50)
        sidecars[index] = try start("\(socket)-\(round)", socket)
        try waitForHealthy(2)
      }
    }
    #expect(Set(try load.stop().keys) == [FaultSetup.good])
  }
}
