internal import Transformation

// What the messages of a stream show of Envoy's filter, where it does not fit the configuration.

extension ProcessStream {
  func note(_ mismatch: FilterMismatch) {
    guard let inForce else { return }
    let name =
      selector.isByConfiguration ? TransformationLabels.fromHeader : exchange.transformation?.name
    service.note(mismatch, transformation: name, in: inForce)
  }

  /// Envoy shows the exchange and takes no answers.
  func noteObservation() {
    if inForce?.configuration.transformations.isEmpty == false { note(.observability) }
  }

  /// The first message: the transformation is chosen.
  func noteBegin(_ attributes: MessageAttributes, _ inForce: ConfigurationInForce) {
    service.sight.noteExchange()
    if !inForce.configuration.routes.isEmpty, selector.isEmpty {
      if attributes.text("xds.route_name") != nil {
        service.sight.noteRouteName()
      } else if !service.sight.hasRouteName {
        note(.routeName)
      }
    }
    guard let transformation = exchange.transformation else { return }
    if !selector.isByConfiguration { inForce.view.note(modes, of: transformation.index) }
    let needed = transformation.needs.connectionAttributes
    guard !needed.isEmpty, !service.sight.hasConnectionAttribute else { return }
    if needed.contains(where: { attributes.value("connection." + $0.rawValue) != nil }) {
      service.sight.noteConnectionAttribute()
    } else {
      note(.connectionAttributes(needed))
    }
  }

  /// The response's headers have come.
  func noteResponseHeaders() {
    if modes.leavesOutResponseHeaders { note(.override) }
    if exchange.concernsResponse { inForce?.view.noteResponseHeaders() }
  }

  /// A body message has come.
  func noteBody(_ direction: Direction) {
    if modes.bodyMode(direction) == .undeclared { note(.undeclared) }
    if modes.leavesOutBody(direction) { note(.override) }
  }

  /// The stream is over after a request, and the response's headers have not come.
  func noteEndWithoutResponse() {
    guard exchange.concernsResponse, let inForce, inForce.view.noteMissingResponseHeaders() else { return }
    note(.headerMode(.response))
  }
}
