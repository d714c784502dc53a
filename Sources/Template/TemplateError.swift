/// Why a template cannot be compiled, or why a rendering failed, and where.
package struct TemplateError: Error, CustomStringConvertible {
  package enum Kind: String, Sendable {
    // compiling; `syntax` is what no engine of the language would read, the others could only fail when rendered
    case syntax, unknownName, unsupported
    // rendering
    case invalidOperation, undefined, noContext, badArguments, limit
  }
  package let kind: Kind
  /// For people: what is wrong and, where it can be known, what to do.
  package let detail: String
  /// The template's name.
  package let template: String
  /// From 1; the column counts characters.
  package let line: Int
  package let column: Int
  /// How many characters the caret underlines.
  package let length: Int
  /// The template's line of that number.
  package let sourceLine: String

  package init(
    kind: Kind, detail: String, template: String, line: Int, column: Int, length: Int, sourceLine: String
  ) {
    self.kind = kind
    self.detail = detail
    self.template = template
    self.line = line
    self.column = column
    self.length = length
    self.sourceLine = sourceLine
  }

  /// `name:line:column: detail`, the source line, and carets under the place.
  package var description: String {
    // A tab stays a tab, so that the carets stand under the place whatever a tab's width is.
    var indent = ""
    var position = 1
    for character in sourceLine.unicodeScalars {
      if position >= column { break }
      indent += character == "\t" ? "\t" : " "
      position += 1
    }
    let carets = String(repeating: "^", count: max(1, length))
    return "\(template):\(line):\(column): \(detail)\n  \(sourceLine)\n  \(indent)\(carets)"
  }
}
