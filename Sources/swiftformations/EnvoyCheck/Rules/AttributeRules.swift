import ExtProc
import Transformation

/// The attributes that transformations read, against those that the filter sends.
enum AttributeRules {
  private static let routeName = "xds.route_name"

  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    // Attributes come with the first message of their direction.
    let first = startsWithRequest(situation) ? "request_attributes" : "response_attributes"
    let settings = situation.filter.settings
    func sent(_ field: String) -> [String] { (settings[field]?.elements ?? []).compactMap(\.text) }
    let early = Set(sent(first))
    let all = early.union(sent("response_attributes"))
    let place = settings[first] ?? settings
    var findings: [Diagnostic] = []
    if situation.readsRouteName, !early.contains(routeName) {
      findings.append(
        place.finding(
          .error,
          "the file's `routes` are found by the attribute `\(routeName)`, which is not in `\(first)`: none of them"
            + " applies"))
    }
    for attribute in ConnectionAttribute.allCases {
      let name = "connection.\(attribute.rawValue)"
      guard !all.contains(name),
        let names = situation.those("read", { $0.connectionAttributes.contains(attribute) })
      else { continue }
      findings.append(
        place.finding(.error, "\(names) `\(name)`, which is not in `\(first)`: it is undefined"))
    }
    return findings
  }

  private static func startsWithRequest(_ situation: EnvoySituation) -> Bool {
    situation.mode("request_header_mode", default: "SEND").value != "SKIP"
      || situation.bodyMode(.request).value != BodyMode.none
  }
}

/// The namespaces of dynamic metadata that transformations write, against those that Envoy takes from the sidecar.
enum MetadataRules {
  static func findings(_ situation: EnvoySituation) -> [Diagnostic] {
    let options = situation.setting("metadata_options")
    let list = options?["receiving_namespaces"]?["untyped"]
    let taken = Set((list?.elements ?? []).compactMap(\.text))
    let place = list ?? options ?? situation.filter.settings
    let written = Set(situation.transformations.flatMap { namespaces($0.needs) })
    return written.subtracting(taken).sorted().map { namespace in
      let names = situation.those("write") { namespaces($0).contains(namespace) } ?? ""
      return place.finding(
        .error,
        "\(names) metadata of `\(namespace)`, which is not in"
          + " `metadata_options.receiving_namespaces.untyped`: Envoy drops it")
    }
  }

  private static func namespaces(_ needs: Needs) -> [String] {
    needs.request.metadataNamespaces + needs.response.metadataNamespaces
  }
}
