import Foundation
import Synchronization

/// An Envoy whose one listener comes from a file, and is replaced on demand.
final class ReloadedGateway: Sendable {
  private static let listener = "reloaded"
  private static let versionHeader = "x-update"

  let envoy: Envoy
  private let folder: TemporaryFolder
  private let mockLLM: MockLLM
  private let sidecar: Sidecar?
  /// The file's text, with `number` in the place of the update's number.
  private let listeners: String
  private let update = Mutex(0)

  init(_ version: EnvoyVersion, _ deployment: ListenerUpdateTests.Deployment) throws {
    folder = try TemporaryFolder()
    mockLLM = try MockLLM(in: folder)
    sidecar = deployment == .sidecar ? try Sidecar(configuration: "{}", in: folder) : nil
    let configuration = Self.configuration(mockLLM, sidecar)
    listeners = configuration.listenersYAML(accessLogFile: "/dev/null")
    let file = try folder.write("listeners.yaml", Self.text(listeners, ofUpdate: 0))
    envoy = try Envoy(
      version, bootstrap: configuration.yaml(listenersFrom: file), modules: try ModuleFolder.all.path,
      // What is replaced ends after some seconds, not after ten minutes; long enough for requests on a busy machine.
      // Envoy counts them from when it began to load what comes next: where that takes longer, as with a debug build of
      // the module, which needs a second's work for each update, requests under way are cut off.
      options: ["--drain-time-s", "4", "--drain-strategy", "immediate"], in: folder)
  }

  var port: Int { get throws { try envoy.port(of: Self.listener) } }
  var lastUpdate: Int { update.withLock { $0 } }

  /// Replaces the listener again and again, until the update of this number is served. Each is waited for.
  func update(through last: Int) throws {
    while lastUpdate < last {
      let number = lastUpdate + 1
      _ = try folder.write("listeners.yaml", Self.text(listeners, ofUpdate: number))
      try envoy.process.waitUntil("serves update \(number)") {
        try servedUpdate() == number ? true : nil
      }
      update.withLock { $0 = number }
    }
  }

  /// Asks for what Envoy must reject, and waits until it has.
  func rejectUpdate() throws {
    let name = "listener_manager.lds.update_rejected"
    let before = try envoy.statistic(name)
    var configuration = Self.configuration(mockLLM, sidecar)
    configuration.listeners[0].module = ModuleFilter(configuration: #"{"request": {"set": 1}}"#)
    _ = try folder.write("listeners.yaml", configuration.listenersYAML(accessLogFile: "/dev/null"))
    try envoy.process.waitUntil("rejects an update") { try envoy.statistic(name) > before ? true : nil }
  }

  /// The number of the update that answers a new connection.
  func servedUpdate() throws -> Int? {
    Self.number(of: try HTTPConnection(port: port).exchange(.get("/bytes/10")))
  }

  /// Until nothing is left of earlier updates.
  func waitUntilDrained() throws {
    try envoy.process.waitUntil("has drained") {
      try envoy.statistic("listener_manager.total_filter_chains_draining") == 0
        && envoy.statistic("listener_manager.total_listeners_draining") == 0 ? true : nil
    }
  }

  static func number(of response: HTTPResponse) -> Int? {
    guard response.status == 200, response.body.count == 10 else { return nil }
    return response.headers[versionHeader].first.flatMap { Int($0) }
  }

  private static let placeholder = "NUMBER"

  private static func text(_ listeners: String, ofUpdate number: Int) -> String {
    listeners.replacingOccurrences(of: placeholder, with: String(number))
  }

  private static func configuration(_ mockLLM: MockLLM, _ sidecar: Sidecar?) -> EnvoyConfiguration {
    // Texts that are never written, so that what stays behind of an update can be seen in Envoy's memory.
    let ballast = (0..<(sidecar == nil ? 80 : 1)).map { number in
      let text = String(repeating: "ballast \(number), ", count: 40)
      return #"{"name": "x-none", "value": "{% if header('x-never') %}\#(text){% endif %}"}"#
    }
    let json = """
      {"response": {"set": [{"name": "\(versionHeader)", "value": "\(placeholder)"}, \(ballast.joined(separator: ", "))]}}
      """
    var listener = EnvoyConfiguration.Listener(name: Self.listener)
    if sidecar != nil {
      listener.filter = ExtProcFilter(configuration: json)
    } else {
      listener.module = ModuleFilter(configuration: json)
    }
    return EnvoyConfiguration(
      upstreamPort: mockLLM.port, sidecarSocket: sidecar?.socketPath, listeners: [listener])
  }
}

/// Requests one after the other on each of some threads, until it is stopped. The first that fails stops its thread.
final class ReloadTraffic: Sendable {
  private struct State {
    var answered = 0
    var running: Int
    var stops = false
    var error: (any Error)?
  }

  private let state: Mutex<State>

  init(port: Int, threads: Int) {
    state = Mutex(State(running: threads))
    for _ in 0..<threads {
      Thread.detachNewThread { [self] in
        do {
          try run(port: port)
        } catch {
          state.withLock { if $0.error == nil { $0.error = error } }
        }
        state.withLock { $0.running -= 1 }
      }
    }
  }

  func cancel() { state.withLock { $0.stops = true } }

  /// Throws when a request was not answered, or when there were none.
  func stop() throws {
    cancel()
    try waitFor("the traffic ends") { state.withLock { $0.running == 0 ? true : nil } }
    try state.withLock { state in
      if let error = state.error { throw error }
      if state.answered == 0 { throw Failure("there was no traffic") }
    }
  }

  private func run(port: Int) throws {
    var connection: HTTPConnection?
    while !state.withLock({ $0.stops }) {
      let current = try connection ?? HTTPConnection(port: port)
      let response = try current.exchange(.get("/bytes/10"))
      guard ReloadedGateway.number(of: response) != nil else {
        throw Failure("\(response.status) \(response.headers)")
      }
      // A listener that is replaced closes its connections, and says so.
      connection = response.headers["connection"] == ["close"] ? nil : current
      state.withLock { $0.answered += 1 }
      // Requests enough that each update meets some, and time enough for the updates.
      Thread.sleep(forTimeInterval: 0.01)
    }
  }
}
