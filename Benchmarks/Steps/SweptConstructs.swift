import Glibc

extension Construct {
  /// The worst input of everything that has a name, as a test holds it against what there is.
  static var swept: [Construct] {
    let lines = text("Tests/Fixtures/steps.txt").split(separator: "\n").filter { !$0.hasPrefix("#") }
    if lines.isEmpty { print("Tests/Fixtures/steps.txt is not here") }
    return lines.compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 4)
      guard parts.count == 5 else { return nil }
      let scalar = parts[2].hasPrefix("U+") ? UInt32(parts[2].dropFirst(2), radix: 16) : nil
      let piece = scalar.flatMap(Unicode.Scalar.init).map { String($0) } ?? String(parts[2])
      let setup = "{% set s = '\(piece)' * \(16_000 / piece.utf8.count) %}{% set json = '[1],' * 4000 %}"
      return Construct(String(parts[4]), with: setup)
    }
  }

  private static func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
