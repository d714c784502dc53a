import JSON
import Template
import Transformation

/// Renders a template against a body: as the bodies, headers and metadata of an exchange, and by itself.
enum RenderTarget {
  static func run(_ input: UnsafeRawBufferPointer) {
    var parts = split(Array(input))
    while parts.count < 3 { parts.append([]) }
    let template = String(decoding: parts[0], as: UTF8.self)
    renderAlone(template, parts[1])
    guard let transformation = transformation(template) else { return }
    ExchangeRun(transformation, body: parts[1], header: parts[2]).run()
  }

  private static func renderAlone(_ source: String, _ body: [UInt8]) {
    var limits = TemplateLimits()
    limits.stepsMax = stepsMax
    limits.outputBytesMax = outputBytesMax
    limits.stringBytesMax = outputBytesMax
    var output: [UInt8] = Array("before".utf8)
    do throws(TemplateError) {
      let template = try Template(source, name: "fuzz", functions: .none, limits: limits)
      let document = try? JSONDocument.index(owning: body)
      let context = RenderContext(root: document?.root, host: nil)
      try template.render(context, into: &output)
      expect(output.starts(with: "before".utf8), "the output is appended")
      expect(
        output.count <= outputBytesMax + 6 || template.constant != nil, "the output is within its limit")
    } catch {
      expect(output == Array("before".utf8), "after an error, the output is as it was")
      TemplateTarget.checkError(error, in: source)
    }
  }

  private static func transformation(_ template: String) -> Transformation? {
    let rules = [("x-out", template), (":path", "/{{ '' }}" + template)].map { name, value in
      object(["name": text(name), "value": text(value)])
    }
    let metadata = object([
      "namespace": text("n"), "key": text("k"), "value": object(["stringValue": text(template)]),
    ])
    let direction = [
      "body": object(["parseAs": text("AsJson"), "value": text(template)]),
      "dynamicMetadata": .sequence([metadata], start),
    ]
    let request = direction.merging(["set": .sequence(rules, start)]) { $1 }
    let response = direction.merging(["add": .sequence([rules[0]], start)]) { $1 }
    let limits = ["steps": stepsMax, "outputBytes": outputBytesMax, "stringBytes": outputBytesMax].mapValues {
      ConfigurationNode.number(String($0), start)
    }
    let configuration = Configuration.load(
      object(["request": object(request), "response": object(response), "limits": object(limits)]))
    return configuration.configuration?.fallback
  }

  private static let stepsMax = 5_000
  private static let outputBytesMax = 64 << 10

  private static let start = SourceLocation(line: 1, column: 1)
  private static func text(_ text: String) -> ConfigurationNode {
    .string(ConfigurationString(text, location: start))
  }
  private static func object(_ members: [String: ConfigurationNode]) -> ConfigurationNode {
    let sorted = members.sorted { $0.key < $1.key }
    return .mapping(sorted.map { (ConfigurationString($0.key, location: start), $0.value) }, start)
  }

  /// The parts between lines `---`.
  private static func split(_ input: [UInt8]) -> [[UInt8]] {
    let separator = Array("\n---\n".utf8)
    var parts: [[UInt8]] = []
    var start = 0
    var position = 0
    while position + separator.count <= input.count {
      if input[position..<position + separator.count].elementsEqual(separator) {
        parts.append(Array(input[start..<position]))
        position += separator.count
        start = position
      } else {
        position += 1
      }
    }
    parts.append(Array(input[start...]))
    return parts
  }
}
