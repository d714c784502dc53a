import ExtProc
import Transformation

/// A filter as some routes see it, and the transformations of the file that apply to their exchanges.
struct EnvoySituation {
  let filter: EnvoyFilter
  /// `ExtProcOverrides` of these routes.
  private(set) var overrides: EnvoyValue?
  var transformations: [Transformation] = []
  /// Some transformation is found by the name of Envoy's route.
  var readsRouteName = false
  let bootstrap: EnvoyValue

  /// Which one it is among those of a bootstrap.
  var place: [String] { [filter.settings.path, overrides?.path ?? ""] }

  /// The filter as it stands.
  var withoutOverrides: EnvoySituation {
    var situation = self
    situation.overrides = nil
    return situation
  }

  mutating func add(_ other: EnvoySituation) {
    transformations += other.transformations
    readsRouteName = readsRouteName || other.readsRouteName
  }

  init(filter: EnvoyFilter, overrides: EnvoyValue?, bootstrap: EnvoyValue) {
    self.filter = filter
    self.overrides = overrides
    self.bootstrap = bootstrap
  }

  /// A field that routes can override.
  func setting(_ field: String) -> EnvoyValue? { overrides?[field] ?? filter.settings[field] }

  /// A field of the processing mode: its value, or Envoy's default, and its place.
  func mode(_ field: String, default fallback: String) -> (value: String, place: EnvoyValue) {
    let modes = setting("processing_mode")
    let value = modes?[field]
    let name = value?.text.flatMap { $0 == "DEFAULT" ? nil : $0 } ?? EnvoySituation.name(value, field)
    return (name ?? fallback, value ?? modes ?? filter.settings)
  }

  /// How a body is sent: nil where the sidecar does not serve it, or Envoy does not know it; and its place.
  func bodyMode(_ direction: Direction) -> (value: BodyMode?, place: EnvoyValue) {
    let (name, place) = mode("\(direction)_body_mode", default: BodyMode.none.rawValue)
    return (BodyMode.declarable.first { $0.rawValue == name }, place)
  }

  /// The transformations that `condition` holds for, and what they do: `` `a` and `b` read ``, `` `a` reads ``. Nil
  /// when there are none.
  func those(_ verb: String, _ condition: (Needs) -> Bool) -> String? {
    let names = Set(transformations.filter { condition($0.needs) }.map(\.name))
    guard !names.isEmpty else { return nil }
    return EnvoySituation.list(names.sorted()) + " " + verb + (names.count == 1 ? "s" : "")
  }

  func needs(_ condition: (Needs) -> Bool) -> Bool { transformations.contains { condition($0.needs) } }

  /// `` `a`, `b` and 3 more ``
  static func list(_ names: [String]) -> String {
    let shown = names.prefix(3).map { "`\($0)`" }
    if names.count > 3 { return shown.joined(separator: ", ") + " and \(names.count - 3) more" }
    return shown.count < 2
      ? shown.joined() : shown.dropLast().joined(separator: ", ") + " and " + shown[shown.count - 1]
  }

  /// Protobuf's JSON takes the numbers of an enumeration for its names.
  private static func name(_ value: EnvoyValue?, _ field: String) -> String? {
    guard let number = value?.integer else { return nil }
    if field.hasSuffix("body_mode") {
      return BodyMode.declarable.first { $0.number == number }?.rawValue ?? (number == 5 ? "GRPC" : nil)
    }
    let names = ["DEFAULT", "SEND", "SKIP"]
    guard names.indices.contains(number), names[number] != "DEFAULT" else { return nil }
    return names[number]
  }
}
