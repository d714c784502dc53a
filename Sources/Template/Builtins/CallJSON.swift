extension Function.Call {
  /// Appends a value as JSON on one line, numbers of the body in their own spelling. Counts what escapes add.
  package mutating func appendJSON(_ value: Value, to output: inout [UInt8]) throws(TemplateError) {
    let start = output.count
    do throws(Fault) {
      try JSONText.append(value, limits: limits, to: &output)
    } catch {
      switch error {
      case .here(let kind, let detail): throw self.error(kind, detail)
      case .placed(let error): throw error
      }
    }
    try charge((output.count &- start) >> 4)
  }
}
