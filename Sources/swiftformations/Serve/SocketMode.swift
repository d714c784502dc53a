import ArgumentParser

/// The permissions of a socket file, in octal digits as chmod has them.
struct SocketMode: ExpressibleByArgument, Equatable {
  let bits: UInt16

  init(bits: UInt16) { self.bits = bits }

  init?(argument: String) {
    guard let bits = UInt16(argument, radix: 8), bits <= 0o777 else { return nil }
    self.bits = bits
  }

  var defaultValueDescription: String { "0" + String(bits, radix: 8) }
}
