/// An integer outside the range of `Int64`: of 128 bits, with or without sign, as minijinja has them.
package final class WideInteger: Sendable {
  let magnitude: UInt128
  let isNegative: Bool

  init(magnitude: UInt128, isNegative: Bool = false) {
    self.magnitude = magnitude
    self.isNegative = isNegative
  }

  /// What calculations are done in. Nil beyond it: such a number can be printed and compared, no more.
  var int128: Int128? {
    guard isNegative else { return Int128(exactly: magnitude) }
    guard magnitude <= Int128.min.magnitude else { return nil }
    return Int128(truncatingIfNeeded: 0 &- magnitude)
  }

  var double: Double { isNegative ? -Double(magnitude) : Double(magnitude) }

  var description: String { (isNegative ? "-" : "") + String(magnitude) }
}
