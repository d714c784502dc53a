import Testing

@testable import Template

@Suite("Slices")
struct SlicingTests {
  /// What Python's `range(*slice.indices(n))` gives, by definition.
  private func expected(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> [Int] {
    let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
    func clamp(_ bound: Int) -> Int { min(max(bound < 0 ? bound + count : bound, low), high) }
    var position = start.map(clamp) ?? (step > 0 ? low : high)
    let end = stop.map(clamp) ?? (step > 0 ? high : low)
    var positions: [Int] = []
    while step > 0 ? position < end : position > end {
      positions.append(position)
      position += step
    }
    return positions
  }

  @Test("take the positions that Python's do", arguments: 0...4)
  func positions(_ count: Int) throws {
    let list = try Value.list((0..<count).map { .int(Int64($0)) })
    let bounds: [Int?] = [nil] + (-6...6).map { $0 }
    for start in bounds {
      for stop in bounds {
        for step in [-3, -2, -1, 1, 2, 3] {
          let slice = try list.slice(
            start: start.map { .int(Int64($0)) } ?? .none, stop: stop.map { .int(Int64($0)) } ?? .none,
            step: .int(Int64(step)))
          #expect(slice.elements?.compactMap(\.int) == expected(count, start, stop, step))
        }
      }
    }
  }

  @Test("survive bounds as large as integers get")
  func extremes() {
    let (min, max) = ("-9223372036854775808", "9223372036854775807")
    for bound in [min, max] {
      for step in [min, max, "1", "-1"] {
        #expect(
          !render("{{ [1, 2, 3][\(bound)::\(step)] }}{{ 'aé'[:\(bound):\(step)] }}").contains("template:"))
      }
    }
    #expect(render("{{ [1, 2, 3][\(min):\(max):\(max)] }}{{ [1, 2, 3][::\(min)] }}") == "[1][3]")
  }
}
