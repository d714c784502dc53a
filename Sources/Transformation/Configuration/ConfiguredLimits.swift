internal import Template

/// What `limits` says: what one rendering may use, and how much of a body is waited for.
///
/// ```
/// limits: { steps: 1000000, outputBytes: 1048576 }
/// ```
struct ConfiguredLimits {
  static let standard = ConfiguredLimits()

  var rendering = TemplateLimits.standard
  /// The longest body that is waited for where the exchange can go on without; 0: not said.
  var bodyBytesMax = 0

  private struct Field {
    let name: String
    let property: any WritableKeyPath<ConfiguredLimits, Int> & Sendable
    /// No more may be asked for: what the machine can bear.
    let most: Int
  }

  private static let fields = [
    Field(name: "steps", property: \.rendering.stepsMax, most: TemplateLimits.stepsAbsoluteMax),
    Field(
      name: "outputBytes", property: \.rendering.outputBytesMax, most: TemplateLimits.outputBytesAbsoluteMax),
    Field(
      name: "stringBytes", property: \.rendering.stringBytesMax, most: TemplateLimits.outputBytesAbsoluteMax),
    Field(
      name: "rangeElements", property: \.rendering.rangeElementsMax,
      most: TemplateLimits.rangeElementsAbsoluteMax),
    Field(name: "recursion", property: \.rendering.callDepthMax, most: TemplateLimits.callDepthAbsoluteMax),
    Field(name: "bodyBytes", property: \.bodyBytesMax, most: TransformationLimits.bodyBytesAbsoluteMax),
  ]

  /// `base`, changed by what `node` says; nil says nothing.
  static func read(
    _ node: ConfigurationNode?, path: String, over base: ConfiguredLimits, _ report: inout [Diagnostic]
  ) -> ConfiguredLimits {
    // Where it is loaded all the same, what is wrong leaves the limit as it was.
    let before = report.count
    defer { report.deferErrors(since: before) }
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
