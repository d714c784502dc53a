internal import Template

/// Reads `limits`: what one rendering may use.
///
/// ```
/// limits: { steps: 1000000, outputBytes: 1048576 }
/// ```
enum ConfiguredLimits {
  private struct Field {
    let name: String
    let property: any WritableKeyPath<TemplateLimits, Int> & Sendable
    /// No more may be asked for: what the machine can bear.
    let most: Int
  }

  private static let fields = [
    Field(name: "steps", property: \.stepsMax, most: TemplateLimits.stepsAbsoluteMax),
    Field(name: "outputBytes", property: \.outputBytesMax, most: TemplateLimits.outputBytesAbsoluteMax),
    Field(name: "stringBytes", property: \.stringBytesMax, most: TemplateLimits.outputBytesAbsoluteMax),
    Field(name: "rangeElements", property: \.rangeElementsMax, most: TemplateLimits.rangeElementsAbsoluteMax),
    Field(name: "recursion", property: \.callDepthMax, most: TemplateLimits.callDepthAbsoluteMax),
  ]

  /// `base`, changed by what `node` says; nil says nothing.
  static func read(
    _ node: ConfigurationNode?, path: String, over base: TemplateLimits, _ report: inout [Diagnostic]
  ) -> TemplateLimits {
    guard let node, var reader = MappingReader(node, path: path, &report) else { return base }
    var limits = base
    for field in fields {
      guard let value = reader.value(field.name) else { continue }
      if case .number(let spelling, _) = value, let number = Int(spelling), (1...field.most).contains(number)
      {
        limits[keyPath: field.property] = number
      } else {
        report.append(
          Diagnostic(
            .error, at: value.location, path: reader.path(of: field.name),
            "expected a whole number from 1 to \(field.most)"))
      }
    }
    reader.reportUnknown(&report)
    return limits
  }
}
