internal import CEnvoyModule

extension EnvoyBuffer {
  /// Borrowed, as the buffer is.
  @inline(__always)
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count) }

  /// Borrows `bytes`. Never null: to Envoy 1.36 a null pointer means something else than an empty text.
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer) {
    self.init(start: bytes.baseAddress ?? UnsafeRawPointer(EnvoyBuffer.nothing.utf8Start), count: bytes.count)
  }

  @inline(__always)
  init(_ text: StaticString) { self.init(start: text.utf8Start, count: text.utf8CodeUnitCount) }

  private static var nothing: StaticString { "" }
}

extension String {
  /// Borrowed for the call.
  func withEnvoyBuffer<Result>(_ body: (EnvoyBuffer) -> Result) -> Result {
    var text = self
    return text.withUTF8 { body(EnvoyBuffer(UnsafeRawBufferPointer($0))) }
  }
}
