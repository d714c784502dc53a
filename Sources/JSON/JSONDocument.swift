/// One JSON text (RFC 8259), read once into an index of where its values are.
///
/// The index borrows the text: whoever called `index` keeps the bytes alive until `invalidate()`, and calls that
/// before the bytes go. After it every value of the document reads as `null`, so that a value that outlived its
/// text is wrong but never unsafe.
package final class JSONDocument {
  /// Reads `text` whole and checks that it is valid, UTF-8 included. Borrows `text`.
  package static func index(
    _ text: UnsafeRawBufferPointer, limits: JSONLimits = .standard
  ) throws(JSONError) -> JSONDocument { fatalError() }

  /// Reads and owns `text`.
  package static func index(
    owning text: [UInt8], limits: JSONLimits = .standard
  ) throws(JSONError) -> JSONDocument { fatalError() }

  package var root: JSONValue { fatalError() }

  /// Forgets the text.
  package func invalidate() { fatalError() }
}

package struct JSONLimits: Sendable {
  /// The deepest nesting of arrays and objects; serde_json's limit, so that both engines refuse the same texts.
  package var depthMax = 128
  /// The longest text.
  package var textBytesMax = 256 << 20
  package static let standard = JSONLimits()
}

package enum JSONKind: UInt8, Sendable { case null, `true`, `false`, number, string, array, object }

/// A value of a document: where it is. Costs nothing to copy but a reference count.
package struct JSONValue {
  package let document: JSONDocument
  package let index: Int32

  package var kind: JSONKind { fatalError() }
  /// The exact spelling in the text. Valid while the document's text is.
  package var source: UnsafeRawBufferPointer { fatalError() }
  /// Elements of an array, members of an object (repeated keys counted each), 0 for all else.
  package var count: Int { fatalError() }
  /// The member with that key (decoded UTF-8); of repeated keys the last, as serde_json has it.
  package func member(_ key: UnsafeRawBufferPointer) -> JSONValue? { fatalError() }
  package func element(at position: Int) -> JSONValue? { fatalError() }
  /// The elements of an array, or the members of an object; `key` is nil in an array.
  package var children: JSONChildren { fatalError() }
  /// A string's text, decoded, appended to `output`. Does nothing on other kinds.
  package func appendString(to output: inout [UInt8]) { fatalError() }
  /// A number written without fraction and exponent that fits.
  package var int64: Int64? { fatalError() }
  /// A number, as the nearest double.
  package var double: Double? { fatalError() }
}

package struct JSONChildren: Sequence, IteratorProtocol {
  package mutating func next() -> (key: JSONValue?, value: JSONValue)? { fatalError() }
}

/// Why a text is not JSON, and where.
package struct JSONError: Error {
  package enum Kind: Sendable {
    case syntax, invalidUTF8, tooDeep, tooLong
  }
  package let kind: Kind
  /// For people: what was found, what was expected.
  package let detail: String
  /// In bytes from the start of the text.
  package let offset: Int
}
