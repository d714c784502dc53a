extension Function.Call {
  /// Appends a value as JSON on one line, numbers of the body in their own spelling. Counts the work.
  package mutating func appendJSON(_ value: Value, to output: inout [UInt8]) throws(TemplateError) {
    try charge(value.weight)
    do throws(Fault) {
      try JSONText.append(value, limits: limits, to: &output)
    } catch {
      switch error {
      case .here(let kind, let detail): throw self.error(kind, detail)
      case .placed(let error): throw error
      }
    }
  }
}
