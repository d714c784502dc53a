import Transformation

/// Bodies that are JSON by their templates, and may be none by what is printed into them.
enum JSONAdvice {
  static func warnings(_ source: Advice.Source) -> [Diagnostic] {
    ["request", "response"].flatMap { direction -> [Diagnostic] in
      guard let body = source.node[direction]?["body"], case .string(let value)? = body["value"] else {
        return []
      }
      let format = body["parseAs"]?.text.flatMap { BodyFormat(rawValue: $0) }
      guard format != BodyFormat.none else { return [] }
      return JSONPrints.warnings(
        in: value, path: "\(source.path(of: direction)).body.value",
        as: body["as"]?.text.flatMap { BodyKind(rawValue: $0) } ?? .text, parsesJSON: format == .json)
    }
  }
}
