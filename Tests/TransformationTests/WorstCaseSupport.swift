import JSON
import Template

@testable import Transformation

/// Renders with the host's functions: the output (its length when it is long), or `KIND: DETAIL` of the error.
func outcome(
  _ template: String, _ body: String = "{}", steps: Int? = nil, outputBytes: Int? = nil,
  stringBytes: Int? = nil, recursion: Int? = nil
) -> String {
  var limits = TemplateLimits()
  limits.stepsMax = steps ?? limits.stepsMax
  limits.outputBytesMax = outputBytes ?? limits.outputBytesMax
  limits.stringBytesMax = stringBytes ?? limits.stringBytesMax
  limits.callDepthMax = recursion ?? limits.callDepthMax
  var output: [UInt8] = []
  do throws(TemplateError) {
    let template = try Template(template, name: "worst", functions: HostFunctions.table, limits: limits)
    let text = Array(body.utf8)
    guard let document = try? JSONDocument.index(owning: text) else { return "not JSON" }
    let scope = PhaseScope()
    let source = MessageSource([])
    // Not by way of `withUnsafeBytes`, which lets no typed error through.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: text)
    scope.open(.request, source, UnsafeRawBufferPointer(copy), document)
    defer { scope.close() }
    try template.render(scope.context, into: &output)
  } catch {
    return "\(error.kind.rawValue): \(error.detail)"
  }
  return output.count > 200_000 ? "\(output.count) bytes" : String(decoding: output, as: UTF8.self)
}
