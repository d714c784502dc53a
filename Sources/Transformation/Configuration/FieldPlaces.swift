/// All fields by name, wherever they stand.
package enum FieldPlaces {
  /// An object of a transformation, or the top: `request.set[]`, or nothing.
  private typealias Place = (path: String, object: ConfigurationObject)

  private static let objects = below(.object(.configuration), path: "")

  private static let places: [String: [String]] = objects.reduce(into: [:]) { places, place in
    for field in place.object.fields { places[field.name, default: []].append(place.path) }
  }

  private static func below(_ type: FieldType, path: String) -> [Place] {
    switch type {
    case .object(let object), .templateOr(let object):
      [(path, object)]
        + object.fields.flatMap { field in
          below(field.about.type, path: path.isEmpty ? field.name : "\(path).\(field.name)")
        }
    case .list(let element): below(element, path: "\(path)[]")
    // Transformations have nothing that the top has not.
    case .map: []
    case .text, .template, .name, .flag, .number, .status, .choice: []
    }
  }

  // MARK: What may be shown

  /// Those that hold what nobody is to see.
  package static let secret = names { $0.isSecret }

  /// Those that hold names, which everybody may see.
  package static let named = names { about in
    guard case .name = about.type else { return false }
    return true
  }

  /// Those that hold lists of names.
  package static let listsOfNames = names { about in
    guard case .list(.name) = about.type else { return false }
    return true
  }

  /// What a file says for all its transformations, and each of them may say for itself.
  package static let inherited: [String] = ConfigurationObject.transformation.fields.map(\.name).filter {
    name in
    ConfigurationObject.file.fields.contains { $0.name == name }
  }

  private static func names(where isWanted: (FieldDescription) -> Bool) -> Set<String> {
    Set(objects.flatMap { $0.object.fields.filter { isWanted($0.about) }.map(\.name) })
  }

  // MARK: Where a field belongs

  /// `; it belongs in `request``, or nothing when no object has a field of that name.
  ///
  /// - Parameters:
  ///   - path: of the object where it was found: the nearest of several is meant.
  ///   - object: what that is.
  static func hint(for name: String, at path: String, in object: ConfigurationObject) -> String {
    guard let all = places[name] else { return "" }
    let here = steps(of: place(of: path))
    let ranked = all.map { candidate -> (rank: (Int, Int), path: String) in
      let steps = steps(of: candidate)
      let shared = zip(steps, here).prefix { $0 == $1 }.count
      return ((-shared, steps.count), candidate)
    }
    guard let best = ranked.map(\.rank).min(by: <) else { return "" }
    let nearest = ranked.filter { $0.rank == best }.map(\.path)
    if nearest.contains("") {
      let isOfAll = ConfigurationObject.transformation.fields.contains { $0.name == name }
      return "; it belongs at the top of \(isOfAll ? "a transformation" : "the configuration")"
    }
    let isOfFile = object.without == ConfigurationObject.file.without && path.isEmpty
    let names = nearest.map { path in
      "`\(isOfFile ? "transformations.NAME." : "")\(path.hasSuffix("[]") ? String(path.dropLast(2)) : path)`"
    }
    let entry = nearest.contains { $0.hasSuffix("[]") } ? "an entry of " : ""
    return "; it belongs in \(entry)\(names.joined(separator: " or "))"
  }

  /// `transformations.chat.request.set[3]` is `request.set[]`.
  private static func place(of path: String) -> String {
    var pattern = ""
    var isPosition = false
    for scalar in path.unicodeScalars {
      if scalar == "]" { isPosition = false }
      if !isPosition { pattern.unicodeScalars.append(scalar) }
      if scalar == "[" { isPosition = true }
    }
    let known = objects.map(\.path).filter { pattern == $0 || pattern.hasSuffix("." + $0) }
    return known.max { $0.utf8.count < $1.utf8.count } ?? ""
  }

  /// An entry of a list is a step further than the list.
  private static func steps(of path: String) -> [Substring] {
    path.split(separator: ".").flatMap { $0.hasSuffix("[]") ? [$0.dropLast(2), "[]"] : [$0] }
  }
}
