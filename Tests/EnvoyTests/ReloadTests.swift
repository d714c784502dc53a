import Foundation
import Testing

@Suite("A configuration that changes under traffic", .serialized)
struct ReloadTests {
  private static func text(_ version: Int) -> String {
    """
    request: { set: [ { name: \(Load.header), value: "\(version)" } ] }
    response: { set: [ { name: \(Load.header), value: "\(version)" } ] }
    """
  }

  /// A sidecar that reads a ConfigMap, behind an Envoy.
  private struct Setup {
    let folder: TemporaryFolder
    let map: ConfigMap
    let sidecar: SidecarProcess
    let gateway: FaultGateway

    /// `number`: what the first configuration sets the header to.
    init(_ version: EnvoyVersion, _ number: Int) throws {
      folder = try TemporaryFolder()
      map = try ConfigMap(in: folder, ReloadTests.text(number))
      let socket = folder.file("s")
      sidecar = try SidecarProcess.listening(
        "sidecar", configuration: map.path, listen: "unix:\(socket)", in: folder)
      gateway = try FaultGateway(
        version, listeners: [.init(name: "all", filter: ExtProcFilter())],
        sidecars: [FaultGateway.pipe(socket)], in: folder)
    }
  }

  @Test(
    "a ConfigMap's swap and SIGHUP bring the next one without a failed request; a wrong one changes nothing",
    arguments: EnvoyVersion.allCases)
  func underLoad(version: EnvoyVersion) throws {
    let setup = try Setup(version, 0)
    let (map, sidecar) = (setup.map, setup.sidecar)
    let load = try setup.gateway.load(through: "all")
    try load.wait(for: .transformed("0"))

    try map.swap(Self.text(1))
    try load.wait(for: .transformed("1"))
    for number in 2...10 {
      try map.swap(Self.text(number))
      sidecar.process.signal(SIGHUP)
      try load.wait(for: .transformed("\(number)"))
    }
    try map.swap("request: { sets: 1, set: 2 }")
    try sidecar.waitForLog("configuration refused")
    try load.waitForMore(50)
    try load.wait(for: .transformed("10"))

    let outcomes = try load.stop()
    #expect(Set(outcomes.keys) == Set((0...10).map { .transformed("\($0)") }))
    // Nobody sees an older one after a newer one.
    for sequence in load.sequences { #expect(sequence.count == 11) }
    try map.swap(Self.text(11))
    try sidecar.waitForLog("configuration reloaded", after: 10)
  }

  @Test("an exchange in flight ends with the configuration it began with", arguments: EnvoyVersion.allCases)
  func inFlight(version: EnvoyVersion) throws {
    let setup = try Setup(version, 1)
    let gateway = setup.gateway
    let connection = try HTTPConnection(port: gateway.envoy.port(of: "all"))
    try connection.send(.get("/delay/2"))
    try waitFor("the upstream has the request") {
      try gateway.envoy.statistic("cluster.upstream.upstream_rq_active") == 1 ? true : nil
    }
    try setup.map.swap(Self.text(2))
    setup.sidecar.process.signal(SIGHUP)
    try setup.sidecar.waitForLog("configuration reloaded")
    let later = try HTTPConnection(port: gateway.envoy.port(of: "all")).exchange(.get("/anything"))
    #expect(later.headers[Load.header] == ["2"])
    #expect(try connection.receive().headers[Load.header] == ["1"])
  }
}

/// A folder laid out as the kubelet lays out a ConfigMap's volume, with one file in it.
final class ConfigMap: Sendable {
  /// Of the file, as a container mounts it.
  var path: String { "\(folder)/transformations.yaml" }
  private let folder: String

  init(in folder: TemporaryFolder, _ text: String) throws {
    self.folder = folder.file("config-map")
    try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: false)
    try swap(text)
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: "..data/transformations.yaml")
  }

  /// Puts the text into a new folder and the link to it in place of the one before.
  func swap(_ text: String) throws {
    let manager = FileManager.default
    let before = try? manager.destinationOfSymbolicLink(atPath: "\(folder)/..data")
    let version = "..\(UUID().uuidString)"
    try manager.createDirectory(atPath: "\(folder)/\(version)", withIntermediateDirectories: false)
    try text.write(
      toFile: "\(folder)/\(version)/transformations.yaml", atomically: false, encoding: .utf8)
    try manager.createSymbolicLink(atPath: "\(folder)/..data_tmp", withDestinationPath: version)
    guard rename("\(folder)/..data_tmp", "\(folder)/..data") == 0 else {
      throw Failure("rename: \(String(cString: strerror(errno)))")
    }
    if let before { try manager.removeItem(atPath: "\(folder)/\(before)") }
  }
}
