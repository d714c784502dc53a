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

  /// `base`, changed by what the field `limits` says.
  static func read(
    _ reader: MappingReader<TopField>, over base: ConfiguredLimits, _ report: inout [Diagnostic]
  ) -> ConfiguredLimits {
    // Where it is loaded all the same, what is wrong leaves the limit as it was.
    let before = report.count
    defer { report.deferErrors(since: before) }
    guard let reader = reader.object(.limits, LimitField.self, &report) else { return base }
    var limits = base
    for field in LimitField.allCases {
      if let number = reader.number(field, &report) { limits.set(field, to: number) }
    }
    reader.reportUnknown(&report)
    return limits
  }

  private mutating func set(_ field: LimitField, to number: Int) {
    switch field {
    case .steps: rendering.stepsMax = number
    case .outputBytes: rendering.outputBytesMax = number
    case .stringBytes: rendering.stringBytesMax = number
    case .rangeElements: rendering.rangeElementsMax = number
    case .recursion: rendering.callDepthMax = number
    case .bodyBytes: bodyBytesMax = number
    }
  }
}
