internal import CMessages
internal import Transformation

/// The attributes that Envoy sends with the first message of a direction: `request_attributes` and
/// `response_attributes` of the filter's configuration, each under the expression that was asked for.
struct MessageAttributes {
  private var fields = UnsafeBufferPointer<UnsafeMutablePointer<FieldsEntryMessage>?>(start: nil, count: 0)

  /// None.
  init() {}

  /// Borrowed from `message`.
  init(_ message: UnsafePointer<StructMessage>) {
    fields = UnsafeBufferPointer(start: message.pointee.fields, count: message.pointee.n_fields)
  }

  var isEmpty: Bool { fields.isEmpty }

  /// The text of an attribute; nil when it was not sent or is no text.
  func text(_ name: String) -> UnsafeRawBufferPointer? {
    guard let value = value(name), value.pointee.kind_case == GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE,
      let text = value.pointee.string_value
    else { return nil }
    return UnsafeRawBufferPointer(cString: text)
  }

  func value(_ name: String) -> UnsafePointer<ValueMessage>? {
    for case let field? in fields {
      guard let key = field.pointee.key, let value = field.pointee.value else { continue }
      if UnsafeRawBufferPointer(cString: key).elementsEqual(name.utf8) { return UnsafePointer(value) }
    }
    return nil
  }
}

/// What is known of the downstream connection: those attributes that the transformation reads, kept for the stream.
struct ConnectionAttributes {
  private var values: [ConnectionAttribute: AttributeValue] = [:]

  subscript(attribute: ConnectionAttribute) -> AttributeValue? { values[attribute] }

  /// Takes over what the message has of `needed`.
  mutating func update(from attributes: MessageAttributes, needed: [ConnectionAttribute]) {
    guard !attributes.isEmpty else { return }
    for attribute in needed {
      guard let value = attributes.value("connection." + attribute.rawValue) else { continue }
      values[attribute] = AttributeValue(value.pointee)
    }
  }
}

extension AttributeValue {
  /// Nil for null, lists and structures, which no attribute of a connection is.
  init?(_ value: ValueMessage) {
    switch value.kind_case {
    case GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE:
      guard let text = value.string_value else { return nil }
      self = .string(Array(UnsafeRawBufferPointer(cString: text)))
    case GOOGLE__PROTOBUF__VALUE__KIND_BOOL_VALUE:
      self = .bool(value.bool_value != 0)
    case GOOGLE__PROTOBUF__VALUE__KIND_NUMBER_VALUE:
      // Envoy's integers travel as doubles.
      guard let number = Int64(exactly: value.number_value) else { return nil }
      self = .int(number)
    default:
      return nil
    }
  }
}
