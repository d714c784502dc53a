/// The figures as a table.
struct Report {
  struct Row {
    let definition: Case
    let measurement: Measurement
    let allocations: (transformation: UInt64, unit: UInt64)

    /// The limit that holds anywhere: in units.
    var isWithinLimit: Bool { measurement.units <= definition.unitsMax }
  }

  let rows: [Row]

  var isWithinLimits: Bool { rows.allSatisfy(\.isWithinLimit) }

  /// Markdown.
  var text: String {
    var lines = [
      [
        "case", "ours, ns", "at most", "allocations", "RapidJSON, ns", "its allocations", "ours in units",
        "at most",
      ]
    ]
    for row in rows {
      let measurement = row.measurement
      lines.append([
        row.definition.name, Report.whole(measurement.nanoseconds),
        Report.whole(row.definition.nanosecondsMax),
        "\(row.allocations.transformation)", Report.whole(measurement.unitNanoseconds),
        "\(row.allocations.unit)",
        Report.hundredths(measurement.units), Report.hundredths(row.definition.unitsMax),
      ])
    }
    lines.insert(lines[0].map { String(repeating: "-", count: $0.count) }, at: 1)
    return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }

  private static func whole(_ value: Double) -> String { "\(Int(value.rounded()))" }

  private static func hundredths(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
