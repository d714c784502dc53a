extension Unicode.Scalar {
  /// What a log or a terminal can show without being steered by it: control characters become U+FFFD.
  package var printable: Unicode.Scalar {
    properties.generalCategory == .control ? "\u{FFFD}" : self
  }
}

extension String {
  package var printable: String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars { result.append(scalar.printable) }
    return String(result)
  }
}
