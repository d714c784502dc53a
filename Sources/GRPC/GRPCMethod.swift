/// A method that a server has.
package final class GRPCMethod: Sendable {
  /// Makes what the messages of a call go to.
  ///
  /// The storage is what calls before have left with the same stream object, of whatever method; what is put there stays
  /// for those that come after. Nobody else uses it until the handler's `end()`. Of the call only a handle is to be kept.
  package typealias MakeHandler =
    @Sendable (_ fields: RequestFields, _ storage: inout AnyObject?, _ call: NewCall) -> any CallHandler

  /// Its `:path`.
  let path: StaticString
  /// The fields of a request's head that it reads, in lower case.
  let fields: [StaticString]
  /// A bit for the length of each of their names, modulo 64: nearly all other fields have none of these.
  let fieldLengths: UInt64
  /// Its calls cost next to nothing, and are never to wait behind those of other methods.
  let isUrgent: Bool
  let makeHandler: MakeHandler

  package init(
    path: StaticString, fields: [StaticString] = [], isUrgent: Bool = false,
    makeHandler: @escaping MakeHandler
  ) {
    self.path = path
    self.fields = fields
    self.isUrgent = isUrgent
    fieldLengths = fields.reduce(0) { $0 | Self.bit(ofLength: $1.utf8CodeUnitCount) }
    self.makeHandler = makeHandler
  }

  static func bit(ofLength length: Int) -> UInt64 { 1 << UInt64(length & 63) }
}

/// The methods of a server: a few, in the order of how often they are called.
package struct MethodTable: Sendable {
  private let methods: [GRPCMethod]

  package init(_ methods: [GRPCMethod]) { self.methods = methods }

  /// The method at a `:path`; nil when there is none.
  func method(at path: UnsafeRawBufferPointer) -> GRPCMethod? {
    for method in methods where path.equals(method.path) { return method }
    return nil
  }
}

/// What a method reads of a request's head: of fields that came twice, the last.
package struct RequestFields {
  private var values: [(name: StaticString, value: String)] = []

  /// The value of a field that the method has named; nil where it was not sent.
  package subscript(name: StaticString) -> String? {
    values.first { Self.bytes(of: $0.name).equals(name) }?.value
  }

  /// Nothing of the one before is kept.
  mutating func set(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
    values.removeAll { Self.bytes(of: $0.name).equals(name) }
    values.append((name, String(decoding: value, as: UTF8.self)))
  }

  private static func bytes(of text: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }
}
