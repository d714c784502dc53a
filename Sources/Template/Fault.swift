/// What went wrong while a template was compiled or rendered, before anyone has said where.
///
/// Operations on values and built-ins throw it; the machine, which knows the place, makes a `TemplateError` of it.
package enum Fault: Error {
  /// At the instruction that is being executed.
  case here(TemplateError.Kind, String)
  /// At a place that is known already: a host's function raised it.
  case placed(TemplateError)

  static func invalid(_ detail: String) -> Fault { .here(.invalidOperation, detail) }
  static func arguments(_ detail: String) -> Fault { .here(.badArguments, detail) }
  static func limit(_ detail: String) -> Fault { .here(.limit, detail) }
  static func tooLongOutput(_ limits: TemplateLimits) -> Fault {
    .limit("the output is longer than \(limits.outputBytesMax) bytes (limits.outputBytes)")
  }
  static func tooLongString(_ limits: TemplateLimits) -> Fault {
    .limit("a string may have \(limits.stringBytesMax) bytes at most (limits.stringBytes)")
  }
  static func tooManySteps(_ limits: TemplateLimits) -> Fault {
    .limit("the rendering took more than \(limits.stepsMax) steps (limits.steps)")
  }

  /// Says whose budget was too small, where that was what all renderings of a phase had left.
  func told(_ granted: Int, of limits: TemplateLimits) -> Fault {
    guard granted < limits.stepsMax, case .here(.limit, let detail) = self,
      case .here(_, let tooManySteps) = Fault.tooManySteps(limits), detail == tooManySteps
    else { return self }
    return .limit(
      "all renderings of the phase took more than \(TemplateLimits.sharedStepsMax) steps together")
  }
}
