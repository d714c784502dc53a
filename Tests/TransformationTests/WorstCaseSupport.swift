import JSON
import Template

@testable import Transformation

/// Renders with the host's functions: the output (its length when it is long), or `KIND: DETAIL` of the error.
func outcome(
  _ template: String, _ body: String = "{}", steps: Int? = nil, outputBytes: Int? = nil,
  stringBytes: Int? = nil, recursion: Int? = nil
) -> String {
  guard let body = WorstBody(body) else { return "not JSON" }
  return body.outcome(
    template, steps: steps, outputBytes: outputBytes, stringBytes: stringBytes, recursion: recursion)
}

/// A body that is read once for many templates.
final class WorstBody {
  private let text: UnsafeMutableRawBufferPointer
  private let scope = PhaseScope()
  private let source: MessageSource

  /// Nil when it is not JSON.
  init?(_ body: String, headers: [(String, String)] = []) {
    source = MessageSource(headers)
    let bytes = Array(body.utf8)
    text = .allocate(byteCount: bytes.count, alignment: 1)
    text.copyBytes(from: bytes)
    guard let document = try? JSONDocument.index(UnsafeRawBufferPointer(text)) else { return nil }
    scope.open(.request, source, UnsafeRawBufferPointer(text), document)
  }

  deinit {
    scope.close()
    text.deallocate()
  }

  func outcome(
    _ template: String, steps: Int? = nil, outputBytes: Int? = nil, stringBytes: Int? = nil,
    recursion: Int? = nil
  ) -> String {
    var limits = TemplateLimits()
    limits.stepsMax = steps ?? limits.stepsMax
    limits.outputBytesMax = outputBytes ?? limits.outputBytesMax
    limits.stringBytesMax = stringBytes ?? limits.stringBytesMax
    limits.callDepthMax = recursion ?? limits.callDepthMax
    var output: [UInt8] = []
    scope.context.stepsLeft = .max
    do throws(TemplateError) {
      let template = try Template(template, name: "worst", functions: HostFunctions.table, limits: limits)
      try template.render(scope.context, into: &output)
    } catch {
      return "\(error.kind.rawValue): \(error.detail)"
    }
    return output.count > 200_000 ? "\(output.count) bytes" : String(decoding: output, as: UTF8.self)
  }

  /// The steps that a rendering takes, and its outcome.
  func stepsUsed(_ template: String) -> (Int, String) {
    let outcome = outcome(template, steps: TemplateLimits.sharedStepsMax)
    return (.max - scope.context.stepsLeft, outcome)
  }
}
