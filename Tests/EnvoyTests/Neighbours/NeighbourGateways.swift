import Synchronization

/// One gateway for each Envoy version, started when it is first asked for. One exchange at a time in each: the servers
/// know just the answers of one.
final class NeighbourGateways: Sendable {
  /// Of one chain; the rest would only say the same, and each one that hangs takes its time.
  private static let complaintsMax = 40

  private let smoke: Bool
  private let started = Mutex<[EnvoyVersion: Result<NeighbourGateway, any Error>]>([:])
  private let queues = Dictionary(
    uniqueKeysWithValues: EnvoyVersion.everyLine.map { ($0, BlockingQueue("neighbours \($0.rawValue)")) })

  /// - Parameter smoke: just the selection that the files name.
  init(smoke: Bool) { self.smoke = smoke }

  /// Runs all exchanges of a chain.
  ///
  /// - Returns: what went wrong.
  func run(_ setting: NeighbourSetting, _ version: EnvoyVersion) async throws -> [String] {
    guard let queue = queues[version] else { throw Failure("no gateway of Envoy \(version.rawValue)") }
    return try await queue.run { [self] in
      // Only this queue asks for this version.
      let gateway = started.withLock { $0[version] } ?? Result { try NeighbourGateway(version, smoke: smoke) }
      started.withLock { $0[version] = gateway }
      var complaints: [String] = []
      for exchange in try exchanges(setting, version) where complaints.count < Self.complaintsMax {
        complaints += try gateway.get().run(exchange).map { "\(exchange.name): \($0)" }
      }
      return complaints
    }
  }

  private func exchanges(_ setting: NeighbourSetting, _ version: EnvoyVersion) throws -> [NeighbourExchange] {
    let files = try NeighbourFiles.all
    var exchanges: [NeighbourExchange] = []
    for transformation in files.transformations
    where setting.chain.takes(transformation) && (!smoke || transformation.isSmoke) {
      for wire in NeighbourWire.allCases {
        for shape in files.messages.shapes
        where setting.chain.takes(shape) && shape.isSent(by: wire) && (!smoke || shape.isSmoke) {
          exchanges.append(
            try NeighbourExchange(
              version, setting.deployment, setting.chain, transformation, wire, shape, files))
        }
      }
    }
    return exchanges
  }
}
