import Transformation

/// Finds a key that the YAML parser has found twice, where it stands the second time: the parser tells the first place.
struct RepeatedKey {
  private let text: YAMLText
  private let key: [Unicode.Scalar]

  init(_ key: String, _ text: YAMLText) {
    self.text = text
    self.key = Array(key.unicodeScalars)
  }

  /// Nil where the keys are spelled in ways that are not looked for.
  func second(after first: Int) -> Int? {
    let start = text.location(at: first).column
    return inBlock(after: first, column: start) ?? inFlow(after: first)
  }

  /// In the same column of a later line, before any line that begins further left.
  private func inBlock(after first: Int, column: Int) -> Int? {
    var index = first
    while let lineStart = nextLine(after: index) {
      index = lineStart
      while text[index] == " " { index += 1 }
      guard let scalar = text[index] else { return nil }
      if scalar.isBreak || scalar == "#" { continue }
      let here = index - lineStart + 1
      if here < column { return nil }
      if here == column, end(ofKeyAt: index) != nil { return index }
    }
    return nil
  }

  /// Behind a comma between the same brackets.
  private func inFlow(after first: Int) -> Int? {
    var index = end(ofKeyAt: first) ?? first
    var depth = 0
    while let scalar = text[index] {
      index += 1
      switch scalar {
      case "\"", "'": index = skip(quote: scalar, from: index)
      case "{", "[": depth += 1
      case "}", "]":
        depth -= 1
        if depth < 0 { return nil }
      case "," where depth == 0:
        while let blank = text[index], blank.isBlank || blank.isBreak { index += 1 }
        if end(ofKeyAt: index) != nil { return index }
      default: break
      }
    }
    return nil
  }

  /// Behind the key and its colon, if it stands there, in quotes or without.
  private func end(ofKeyAt start: Int) -> Int? {
    var index = start
    var quote: Unicode.Scalar?
    if let scalar = text[index], scalar == "\"" || scalar == "'" {
      quote = scalar
      index += 1
    }
    for scalar in key {
      guard text[index] == scalar else { return nil }
      index += 1
    }
    if let quote {
      guard text[index] == quote else { return nil }
      index += 1
    }
    while let blank = text[index], blank.isBlank { index += 1 }
    return text[index] == ":" ? index + 1 : nil
  }

  private func nextLine(after index: Int) -> Int? {
    var index = index
    while let scalar = text[index] {
      index += 1
      if scalar == "\n" { return index }
    }
    return nil
  }

  private func skip(quote: Unicode.Scalar, from start: Int) -> Int {
    var index = start
    while let scalar = text[index] {
      index += 1
      if scalar == "\\", quote == "\"" { index += 1 }
      if scalar == quote { break }
    }
    return index
  }
}
