/// Finds what somebody probably meant.
package enum NearestName {
  /// The known name with the fewest edits from `name`, if they are few enough to be a slip.
  package static func of(_ name: String, in known: some Sequence<String>) -> String? {
    let wanted = Array(name.prefix(64).lowercased().unicodeScalars)
    var best: (name: String, distance: Int)?
    for candidate in known {
      let distance = edits(wanted, Array(candidate.prefix(64).lowercased().unicodeScalars))
      if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(1, wanted.count / 3) else { return nil }
    return best.name
  }

  /// `; did you mean 'x'?`, or nothing.
  package static func suggestion(for name: String, in known: some Sequence<String>) -> String {
    of(name, in: known).map { "; did you mean '\($0)'?" } ?? ""
  }

  /// Levenshtein's distance.
  private static func edits(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var row = Array(0...right.count)
    for (position, scalar) in left.enumerated() {
      var diagonal = row[0]
      row[0] = position + 1
      for column in right.indices {
        let substitution = diagonal + (right[column] == scalar ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(substitution, min(row[column], diagonal) + 1)
      }
    }
    return row[right.count]
  }
}
