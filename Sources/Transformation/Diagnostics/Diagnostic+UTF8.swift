extension Diagnostic {
  /// Points at the first byte that is no UTF-8.
  package static func notUTF8(_ bytes: [UInt8]) -> Diagnostic {
    var location = SourceLocation(line: 1, column: 1)
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      if scalar == "\n" {
        location = SourceLocation(line: location.line + 1, column: 1)
      } else {
        location.column += 1
      }
    }
    return Diagnostic(.error, at: location, path: "", "the file is not UTF-8 from here on")
  }
}
