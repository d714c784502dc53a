internal import Logging
internal import Transformation

// Where Envoy's filter does not fit the configuration in force.

extension ProcessService {
  /// Logs a kind of mismatch when it is seen for the first time with this configuration.
  func note(_ mismatch: FilterMismatch, transformation: String?, in inForce: ConfigurationInForce) {
    let incident = FilterView.Incident(mismatch: mismatch, transformation: transformation)
    guard inForce.view.note(incident, now: MonotonicClock.nanoseconds()) else { return }
    log("Envoy's filter does not fit the configuration", incident)
  }

  /// After a reload: what will not fit, as the filter was when it was last heard of.
  func logForeseen(in inForce: ConfigurationInForce) {
    for incident in foreseen(in: inForce) {
      log("Envoy's filter, as it was last seen, does not fit the new configuration", incident)
    }
  }

  private func log(_ message: Logger.Message, _ incident: FilterView.Incident) {
    var metadata: Logger.Metadata = [
      "mismatch": .string(incident.mismatch.kind.rawValue), "detail": .string(incident.mismatch.text),
    ]
    if let name = incident.transformation { metadata["transformation"] = .string(name) }
    logger.warning(message, metadata: metadata)
  }

  /// By the body modes that each transformation's last stream declared, and the attributes that have come so far.
  private func foreseen(in inForce: ConfigurationInForce) -> [FilterView.Incident] {
    var incidents: [FilterView.Incident] = []
    for transformation in inForce.configuration.transformations.values.sorted(by: { $0.name < $1.name }) {
      guard let modes = inForce.view.modes(of: transformation.index, options) else { continue }
      for direction in [Direction.request, .response]
      where !modes.fits(direction, transformation.needs) {
        incidents.append(
          .init(
            mismatch: .bodyMode(direction, has: modes.bodyMode(direction)),
            transformation: transformation.name))
      }
    }
    guard sight.hasExchange else { return incidents }
    if !inForce.configuration.routes.isEmpty, !sight.hasRouteName {
      incidents.append(.init(mismatch: .routeName, transformation: nil))
    }
    let reader = inForce.configuration.transformations.values.first { !$0.needs.connectionAttributes.isEmpty }
    if let reader, !sight.hasConnectionAttribute {
      incidents.append(
        .init(
          mismatch: .connectionAttributes(reader.needs.connectionAttributes), transformation: reader.name))
    }
    return incidents
  }

  /// For people: a line for each mismatch. Empty where all fits, as far as it can be seen.
  package var filterMismatches: [String] {
    let inForce = inForce
    let foreseen = foreseen(in: inForce)
    var lines = foreseen.map(Self.line)
    let now = MonotonicClock.nanoseconds()
    for (incident, lastSeen) in inForce.view.incidents {
      switch incident.mismatch {
      // Reported above, as of the last stream.
      case .bodyMode where inForce.configuration.transformations[incident.transformation ?? ""] != nil:
        continue
      case .routeName, .connectionAttributes: continue
      case .headerMode(.response) where inForce.view.hasResponseHeaders: continue
      default: break
      }
      let seconds = (now &- min(lastSeen, now)) / 1_000_000_000
      lines.append(Self.line(incident) + " (last seen \(seconds) s ago)")
    }
    return lines
  }

  private static func line(_ incident: FilterView.Incident) -> String {
    let name = incident.transformation.map { "\($0): " } ?? ""
    return name + incident.mismatch.text
  }
}

extension FilterView {
  func modes(of transformation: Int, _ options: ProcessService.Options) -> ProcessingModes? {
    packedModes(of: transformation).flatMap {
      ProcessingModes(packed: $0, overrideIsAllowed: options.allowModeOverride)
    }
  }
}

extension ProcessingModes {
  /// Whether bodies come as the transformation needs them.
  func fits(_ direction: Direction, _ needs: Needs) -> Bool {
    let needs = direction == .request ? needs.request : needs.response
    return (!needs.body || canCollectBody(direction))
      && (!needs.replacesBody || needs.body || canReplaceBody(direction))
  }
}
