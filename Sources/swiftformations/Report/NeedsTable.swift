import Transformation

/// What each transformation of a configuration needs of Envoy, as `check` prints it.
struct NeedsTable {
  let configuration: Configuration

  var text: String {
    let names = configuration.transformations.keys.sorted()
    guard !names.isEmpty else { return "There are no transformations: everything passes unchanged.\n" }
    var table = TextTable([
      "TRANSFORMATION", "PHASE", "ENVOY SENDS", "HEADERS READ", "BODY FIELDS READ", "HEADERS WRITTEN", "BODY",
      "METADATA WRITTEN", "ATTRIBUTES READ",
    ])
    for name in names {
      guard let needs = configuration.transformations[name]?.needs else { continue }
      let attributes = needs.connectionAttributes.map { "connection.\($0.rawValue)" }
      table.add([[name.printable], ["request"]] + cells(needs.request, elsewhere: []) + [attributes])
      var elsewhere = needs.requestHeadersForResponse.map { "\($0) (of the request)" }
      if needs.readsAnyRequestHeaderInResponse { elsewhere.append("any (of the request)") }
      table.add([[], ["response"]] + cells(needs.response, elsewhere: elsewhere) + [[]])
    }
    return table.text + routes
  }

  private func cells(_ direction: Needs.Direction, elsewhere: [String]) -> [TextTable.Cell] {
    let sent = direction.body ? "headers, body" : direction.headers ? "headers" : "nothing"
    return [
      [sent], direction.headersRead + (direction.readsAnyHeader ? ["any"] : []) + elsewhere,
      direction.fieldsRead.map(\.printable), direction.headersWritten,
      direction.replacesBody ? ["replaced"] : [],
      direction.metadataNamespaces.map(\.printable),
    ]
  }

  private var routes: String {
    guard !configuration.routes.isEmpty else { return "" }
    var table = TextTable(["ROUTE", "TRANSFORMATION"])
    for (route, transformation) in configuration.routes.sorted(by: { $0.key < $1.key }) {
      table.add([[route.printable], [transformation.name.printable]])
    }
    return "\n" + table.text
  }
}
