internal import Transformation

/// The attributes that Envoy sends with the first message of a direction: `request_attributes` and
/// `response_attributes` of the filter's configuration, each under the expression that was asked for.
///
/// A serialized `Struct`, in which those few that are asked for are looked up where they lie.
struct MessageAttributes {
  private var fields = UnsafeRawBufferPointer(start: nil, count: 0)

  /// None.
  init() {}

  /// Borrowed. Nil when it is no `Struct`; what its values are is not looked at.
  init?(struct bytes: UnsafeRawBufferPointer) {
    var fields = WireFields(bytes)
    while let field = fields.next() {
      guard field.number == Self.fieldsField else { continue }
      guard let entry = field.content, WireEntry(entry) != nil else { return nil }
    }
    guard !fields.isMalformed else { return nil }
    self.fields = bytes
  }

  /// Struct.fields
  private static let fieldsField: UInt32 = 1

  var isEmpty: Bool { fields.isEmpty }

  /// The text of an attribute; nil when it was not sent or is no text.
  func text(_ name: String) -> UnsafeRawBufferPointer? {
    if case .string(let text) = value(name) { text } else { nil }
  }

  /// Nil when it was not sent, or is of a kind that no attribute has that is looked for.
  func value(_ name: String) -> Value? {
    var found: Value?
    var fields = WireFields(fields)
    while let field = fields.next() {
      guard field.number == Self.fieldsField, let entry = field.content.flatMap({ WireEntry($0) }),
        entry.key.elementsEqual(name.utf8)
      else { continue }
      // Of a key that comes twice the last counts, as in every map of protobuf.
      found = Value(entry.value)
    }
    return found
  }

  /// A `google.protobuf.Value`.
  enum Value {
    case string(UnsafeRawBufferPointer)
    case bool(Bool)
    case number(Double)

    /// Nil for null, lists and structures, and for what is no `Value`.
    init?(_ bytes: UnsafeRawBufferPointer) {
      var kind: Value?
      var fields = WireFields(bytes)
      while let field = fields.next() {
        switch field.number {
        case 2 where field.content == nil: kind = .number(Double(bitPattern: field.fixed64))
        case 3: kind = field.content.map { .string($0) }
        case 4 where field.content == nil: kind = .bool(field.varint != 0)
        case 1...6: kind = nil
        default: break
        }
      }
      guard !fields.isMalformed, let kind else { return nil }
      self = kind
    }
  }
}

/// What is known of the downstream connection: those attributes that the transformation reads, kept for the stream.
struct ConnectionAttributes {
  private var values: [ConnectionAttribute: AttributeValue] = [:]
  /// What is kept of texts.
  private(set) var heldBytes = 0

  subscript(attribute: ConnectionAttribute) -> AttributeValue? { values[attribute] }

  /// Takes over what the message has of `needed`.
  mutating func update(from attributes: MessageAttributes, needed: [ConnectionAttribute]) {
    guard !attributes.isEmpty else { return }
    for attribute in needed {
      guard let value = attributes.value("connection." + attribute.rawValue) else { continue }
      let new = AttributeValue(value)
      heldBytes &+= (new?.textBytes ?? 0) &- (values[attribute]?.textBytes ?? 0)
      values[attribute] = new
    }
  }
}

extension AttributeValue {
  fileprivate var textBytes: Int { if case .string(let text) = self { text.count } else { 0 } }

  /// Nil for a number that is no integer, which no attribute of a connection is.
  init?(_ value: MessageAttributes.Value) {
    switch value {
    case .string(let text): self = .string(Array(text))
    case .bool(let flag): self = .bool(flag)
    case .number(let number):
      // Envoy's integers travel as doubles.
      guard let number = Int64(exactly: number) else { return nil }
      self = .int(number)
    }
  }
}
