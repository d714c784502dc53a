internal import CEnvoyModule

/// The text that `program_init` returns, by which Envoy tells whether a module fits it.
///
/// 1.36 and 1.37 compare it with the hash of their own header, so that each release may want another. From 1.38 on any
/// text is taken, and the one of their header without a warning.
enum ABIVersion {
  /// Of 1.36.3 and 1.36.4.
  static let of36: StaticString = "7ee559f16f35086fa7dc9ed380e2efc6b4d89031a001fb504aa71eccd25882f7"
  /// Of 1.37.0.
  static let of37: StaticString = "4dae397a7c9ff0238d318d57ea656ce8b3fbff595787dcd7ee2ff5b79c9fe10f"
  static let of38: StaticString = "v0.1.0"
  static let of40: StaticString = "v0.2.0"

  /// Valid as long as the process runs.
  static func text(of line: EnvoyLine) -> UnsafePointer<CChar> {
    switch line {
    case ENVOY_1_36: return hash(known: of36)
    case ENVOY_1_37: return hash(known: of37)
    case ENVOY_1_38, ENVOY_1_39: return cString(of38)
    default: return cString(of40)
    }
  }

  /// The hash in Envoy's executable: the known one when it is there or when nothing can be told.
  private static func hash(known: StaticString) -> UnsafePointer<CChar> {
    guard let found = ExecutableHashes.read(), !found.contains(bytes(known)), found.count == 1 else {
      return cString(known)
    }
    let text = String(decoding: found[0], as: UTF8.self)
    ModuleLog.write(ENVOY_LOG_INFO, "an Envoy of a release that is not known: its ABI is \(text)")
    // Never freed: Envoy may read it at any time.
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: found[0].count + 1)
    for (position, byte) in found[0].enumerated() { copy[position] = CChar(bitPattern: byte) }
    copy[found[0].count] = 0
    return UnsafePointer(copy)
  }

  private static func bytes(_ text: StaticString) -> [UInt8] {
    Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private static func cString(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
