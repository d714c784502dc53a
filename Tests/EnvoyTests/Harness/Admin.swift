/// What a sidecar's admin endpoint tells.
struct Admin: Sendable {
  let port: Int

  /// - Parameter sidecar: started with `--admin 0`.
  init(of sidecar: SidecarProcess) throws {
    let line = try sidecar.waitForLog("admin endpoint")
    guard let port = line.split(separator: ":").last.flatMap({ Int($0.prefix(while: \.isNumber)) }) else {
      throw Failure("no port in: \(line)")
    }
    self.port = port
  }

  func get(_ path: String) throws -> HTTPResponse {
    try HTTPConnection(port: port).exchange(.get(path, headers: ["host": "localhost"]))
  }

  /// The value of a sample, spelled with its labels; 0 when there is none.
  func metric(_ name: String) throws -> Double {
    let line = try get("/metrics").text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
  }

  /// The sum of all samples of a family with labels, of which there are some.
  func sum(_ name: String) throws -> Double {
    let lines = try get("/metrics").text.split(separator: "\n").filter { $0.hasPrefix(name + "{") }
    guard !lines.isEmpty else { throw Failure("/metrics has no sample of \(name)") }
    return lines.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }
}
