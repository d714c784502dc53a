/// Finds what somebody meant to write.
package enum NearestName {
  /// `; did you mean `upper`?`, or nothing when no candidate is near.
  package static func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
    guard let nearest = nearest(to: name, among: candidates) else { return "" }
    return "; did you mean `\(nearest)`?"
  }

  /// The candidate with the fewest edits, upper and lower case being the same: at most a third of the name's length and
  /// at most three; of equals the first in alphabetical order.
  static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = folded(name)
    guard wanted.count <= 64 else { return nil }
    var best: (distance: Int, name: String)?
    for candidate in candidates {
      let other = folded(candidate)
      let bound = min(3, max(1, max(wanted.count, other.count) / 3))
      guard abs(other.count - wanted.count) <= bound else { continue }
      let distance = editDistance(wanted, other)
      guard distance <= bound else { continue }
      if let best, (best.distance, best.name) <= (distance, candidate) { continue }
      best = (distance, candidate)
    }
    return best?.name
  }

  private static func folded(_ name: String) -> [UInt8] {
    name.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
  }

  /// Insertions, deletions, replacements, and swaps of neighbours, that make one text of the other.
  private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for (row, a) in left.enumerated() {
      var current = [row + 1]
      current.reserveCapacity(right.count + 1)
      for (column, b) in right.enumerated() {
        var distance = min(last[column + 1] + 1, current[column] + 1, last[column] + (a == b ? 0 : 1))
        if row > 0, column > 0, a == right[column - 1], left[row - 1] == b {
          distance = min(distance, beforeLast[column - 1] + 1)
        }
        current.append(distance)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
