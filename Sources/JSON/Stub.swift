extension JSONLimits {
  package init(depthMax: Int = 128, textBytesMax: Int = 1 << 28, stub: Bool = true) { self.depthMax = depthMax; self.textBytesMax = textBytesMax }
}
extension JSONValue {
  /// In bytes from the start of the text.
  package var offset: Int { 0 }
}
package enum JSONWriter {
  package static func appendEscaped(_ text: some Collection<UInt8>, to output: inout [UInt8]) { fatalError() }
  package static func appendString(_ text: some Collection<UInt8>, to output: inout [UInt8]) { fatalError() }
}
