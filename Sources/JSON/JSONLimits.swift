/// What a text may cost. A text beyond a limit is refused, never cut.
package struct JSONLimits: Sendable {
  /// The deepest nesting of arrays and objects; serde_json reads 127 levels and refuses the 128th, and both engines
  /// are to refuse the same texts.
  package var depthMax = 127
  /// The longest text; never more than `textBytesAbsoluteMax`.
  package var textBytesMax = JSONLimits.textBytesAbsoluteMax

  /// 256 MiB: an entry of the index has 28 bits for an offset.
  package static let textBytesAbsoluteMax = 1 << 28

  package static let standard = JSONLimits()

  /// `textBytesMax`, kept within what the index can hold.
  var textBytesMaxInForce: Int { max(0, min(textBytesMax, JSONLimits.textBytesAbsoluteMax)) }

  package init(depthMax: Int = 127, textBytesMax: Int = JSONLimits.textBytesAbsoluteMax) {
    self.depthMax = depthMax
    self.textBytesMax = textBytesMax
  }
}
