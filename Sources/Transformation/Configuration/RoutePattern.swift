internal import Template

/// A name in `routes` with `*` in it, each of which stands for any characters, or none: `*-httproute-chat-*`.
struct RoutePattern: Sendable {
  private static let star = UInt8(ascii: "*")

  let transformation: Transformation
  /// What stands before, between and behind the stars.
  private let pieces: [[UInt8]]
  /// How many characters of a name it says: of several that match, the one that says most is meant.
  let literalCount: Int

  /// Nil when there is no `*`.
  init?(_ text: String, _ transformation: Transformation) {
    let pieces = Array(text.utf8).split(separator: Self.star, omittingEmptySubsequences: false).map(
      Array.init)
    guard pieces.count > 1 else { return nil }
    self.pieces = pieces
    self.transformation = transformation
    literalCount = pieces.reduce(0) { $0 + $1.count }
  }

  /// In time that grows with the sum of both lengths. What stands between stars is looked for from left to right: what the
  /// first place allows, no later one forbids.
  func matches(_ name: UnsafeRawBufferPointer) -> Bool {
    guard name.count >= literalCount, let first = pieces.first, let last = pieces.last,
      name.starts(with: first), name.suffix(last.count).elementsEqual(last)
    else { return false }
    let middle = UnsafeRawBufferPointer(rebasing: name[first.count..<(name.count - last.count)])
    var position = 0
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      let found = piece.withUnsafeBytes { ByteSearch($0).first(in: middle, from: position) }
      guard let found else { return false }
      position = found + piece.count
    }
    return true
  }

  /// The most specific first; of equals the one that comes first in the file.
  static func ordered(_ patterns: [RoutePattern]) -> [RoutePattern] {
    patterns.enumerated().sorted { left, right in
      (right.element.literalCount, left.offset) < (left.element.literalCount, right.offset)
    }.map(\.element)
  }
}
