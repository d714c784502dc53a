import ArgumentParser
import Transformation

/// Reads `name: value` as `-H` has it.
enum HeaderArgument {
  /// The name in lower case, `host` as `:authority`; the value without the blanks around it.
  static func parse(_ argument: String) throws -> HTTPMessage.Header {
    // A pseudo-header starts with a colon.
    let start = argument.hasPrefix(":") ? argument.index(after: argument.startIndex) : argument.startIndex
    guard let colon = argument[start...].firstIndex(of: ":") else {
      throw ValidationError("write a header as 'name: value', not '\(argument)'")
    }
    guard let name = HeaderName(String(argument[..<colon])) else {
      throw ValidationError("'\(argument[..<colon])' cannot be the name of a header")
    }
    let value = argument[argument.index(after: colon)...]
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    var trimmed = value.drop(while: isBlank)
    while let last = trimmed.last, isBlank(last) { trimmed.removeLast() }
    if trimmed.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) {
      throw ValidationError("the value of '\(name)' holds a control character")
    }
    return .init(HeaderRules.canonicalInRequest(name.description), String(trimmed))
  }
}
