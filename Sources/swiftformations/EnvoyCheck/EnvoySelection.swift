import ExtProc
import Transformation

/// Finds which of the file's transformations apply where in a bootstrap (docs/configuration.md tells the order).
struct EnvoySelection {
  let configuration: Configuration
  let bootstrap: EnvoyValue
  private(set) var situations: [EnvoySituation] = []
  /// What is wrong with the selecting itself.
  private(set) var findings: [Diagnostic] = []

  init(_ configuration: Configuration, _ bootstrap: EnvoyValue) {
    self.configuration = configuration
    self.bootstrap = bootstrap
  }

  /// A processor's situations: one for the filter as it stands, and one for each place that overrides it.
  mutating func add(_ filter: EnvoyFilter) {
    guard let routes = filter.chain.routes else {
      return add(selection(of: filter, overrides: nil, route: nil), to: filter, overrides: nil)
    }
    for route in routes {
      let own = route.configuration(of: filter.name)
      let perRoute = own?.search(.processorPerRoute).first
      if [own, perRoute].contains(where: { $0?["disabled"]?.isTrue == true }) { continue }
      if own == nil, filter.place["disabled"]?.isTrue == true { continue }
      let overrides = perRoute?["overrides"]
      add(selection(of: filter, overrides: overrides, route: route), to: filter, overrides: overrides)
    }
  }

  private struct Selection {
    var transformations: [Transformation] = []
    var readsRouteName = false
  }

  private mutating func add(_ selection: Selection, to filter: EnvoyFilter, overrides: EnvoyValue?) {
    var situation = EnvoySituation(filter: filter, overrides: overrides, bootstrap: bootstrap)
    situation.transformations = selection.transformations
    situation.readsRouteName = selection.readsRouteName
    if let index = situations.firstIndex(where: { $0.place == situation.place }) {
      situations[index].add(situation)
    } else {
      situations.append(situation)
    }
  }

  /// `route` is nil where Envoy alone knows the routes: then each of the file's may be there.
  private mutating func selection(
    of filter: EnvoyFilter, overrides: EnvoyValue?, route: EnvoyRoute?
  ) -> Selection {
    if let named = header("\(SelectorHeader.transformation)", filter, overrides) {
      // Envoy reads %% as one.
      let name = (named.text ?? "").replacing("%%", with: "%")
      // A command operator: known when there is a request.
      if name.contains("%"), configuration.transformations[name] == nil { return everything }
      guard let transformation = configuration.transformations[name] else {
        let names = EnvoySituation.list(configuration.transformations.keys.sorted())
        findings.append(
          named.finding(
            .error,
            "the file has no transformation `\(name)`, and the sidecar ends such calls with status 5; it has "
              + (names.isEmpty ? "none" : names)))
        return Selection()
      }
      return Selection(transformations: [transformation])
    }
    // A configuration of its own: the file does not matter.
    if header("\(SelectorHeader.configuration)", filter, overrides) != nil { return Selection() }
    let fallback = configuration.fallback.map { [$0] } ?? []
    guard let route else {
      return Selection(
        transformations: configuration.routes.values + fallback, readsRouteName: !configuration.routes.isEmpty
      )
    }
    if let name = route.name, let transformation = configuration.transformation(routeNamed: name) {
      return Selection(transformations: [transformation], readsRouteName: true)
    }
    return Selection(transformations: fallback)
  }

  private var everything: Selection {
    Selection(transformations: Array(configuration.transformations.values))
  }

  /// The value of a header of the gRPC call; a route's own comes before the filter's.
  private func header(_ name: String, _ filter: EnvoyFilter, _ overrides: EnvoyValue?) -> EnvoyValue? {
    let lists = [
      overrides?["grpc_initial_metadata"], overrides?["grpc_service"]?["initial_metadata"],
      filter.settings["grpc_service"]?["initial_metadata"],
    ]
    return lists.lazy.compactMap { list in
      list?.elements.first { $0["key"]?.text?.lowercased() == name }?["value"]
    }.first
  }
}
