import Foundation

/// One sidecar with an Envoy in front of it, which fails requests without it on one listener (`closed`) and lets them
/// pass on the other (`open`).
struct FaultSetup {
  static let configuration = "request: { set: [ { name: \(Load.header), value: '1' } ] }"
  /// What a request is when all is well.
  static let good = Load.Outcome.transformed("1")
  static let messageTimeoutSeconds = 1

  let folder: TemporaryFolder
  let socket: String
  let configurationFile: String
  let gateway: FaultGateway
  private(set) var sidecar: SidecarProcess
  private let options: [String]

  /// - Parameter wrapper: a command that runs the sidecar's.
  init(
    _ version: EnvoyVersion = .newest, configuration: String = configuration, options: [String] = [],
    wrapper: [String] = []
  ) throws {
    folder = try TemporaryFolder()
    socket = folder.file("s")
    self.options = options
    configurationFile = try folder.write("c.yaml", configuration)
    sidecar = try SidecarProcess(
      "sidecar", configuration: configurationFile, listen: "unix:\(socket)", options: options,
      wrapper: wrapper,
      in: folder)
    let path = socket
    // Its log may go nowhere.
    try sidecar.process.waitUntil("listens") { try? HTTPConnection(unixSocket: path) }
    var closed = ExtProcFilter()
    closed.messageTimeoutSeconds = Self.messageTimeoutSeconds
    var open = closed
    open.failureModeAllow = true
    gateway = try FaultGateway(
      version, listeners: [.init(name: "closed", filter: closed), .init(name: "open", filter: open)],
      sidecars: [FaultGateway.pipe(socket)], in: folder)
  }

  /// Starts another sidecar on the socket.
  mutating func restart() throws {
    sidecar = try SidecarProcess.listening(
      "sidecar-\(UUID().uuidString)", configuration: configurationFile, listen: "unix:\(socket)",
      options: options,
      in: folder)
  }
}
