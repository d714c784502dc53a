internal import JSON
internal import Template

/// `to_json(value)`: the value as JSON on one line, nothing escaped but what JSON demands, numbers of the body in their
/// own spelling. `from_json(s)`: the value that a JSON text stands for; an error when it is none.
enum JSONFunctions {
  static let all: [Function] = [
    .text("to_json", parameters: ["value"]) { call, output throws(TemplateError) in
      let value = call.argument(0)
      try call.appendJSON(value, to: &output)
    },
    Function("from_json", parameters: ["s"]) { call throws(TemplateError) in
      let text = try call.bytes(0)
      try call.charge(24)
      do throws(JSONError) {
        return .json(try JSONDocument.index(owning: text).root)
      } catch {
        throw call.error(
          .invalidOperation,
          "the argument of `from_json` is not JSON: \(error.detail), at byte \(error.offset)")
      }
    },
  ]
}
