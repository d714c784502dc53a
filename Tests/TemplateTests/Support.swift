import JSON
import Template
import Testing

/// Renders `source` with the members of a JSON object as its fields; an error's full text when it fails.
func render(
  _ source: String, _ body: String? = "{}", functions: FunctionTable = .none,
  limits: TemplateLimits = .standard
) -> String {
  var output: [UInt8] = []
  do {
    let template = try Template(source, name: "template", functions: functions, limits: limits)
    let document = try body.map { try JSONDocument.index(owning: Array($0.utf8)) }
    try template.render(RenderContext(root: document?.root, host: nil), into: &output)
    return String(decoding: output, as: UTF8.self)
  } catch {
    return "\(error)"
  }
}

/// The error of compiling `source`, or of rendering it.
func failure(
  _ source: String, _ body: String? = "{}", functions: FunctionTable = .none,
  limits: TemplateLimits = .standard
) throws -> TemplateError? {
  let document = try body.map { try JSONDocument.index(owning: Array($0.utf8)) }
  var output: [UInt8] = []
  do throws(TemplateError) {
    let template = try Template(source, name: "template", functions: functions, limits: limits)
    try template.render(RenderContext(root: document?.root, host: nil), into: &output)
    return nil
  } catch {
    return error
  }
}

/// `get_args(…)`: a list of its arguments, keyword arguments last as a map.
let getArguments = Function("get_args", parameters: [], isVariadic: true) { (call) throws(TemplateError) in
  let arguments = (0..<call.argumentCount).map { call.argument($0) }
  do { return .list(try ListValue.make(arguments)) } catch { throw call.error(.limit, "too many arguments") }
}
