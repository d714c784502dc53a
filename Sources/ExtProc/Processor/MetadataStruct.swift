internal import CMessages
internal import CProtobufC

/// Dynamic metadata as it grows, in an arena: a `Struct` that has for each namespace a `Struct` of texts.
struct MetadataStruct {
  private let message: UnsafeMutablePointer<StructMessage>
  private let arena: MessageArena
  /// Room in each `Struct`.
  private let fieldCountMax: Int

  init(arena: MessageArena, fieldCountMax: Int) {
    self.arena = arena
    self.fieldCountMax = fieldCountMax
    message = MetadataStruct.emptyStruct(arena, fieldCountMax)
  }

  /// None of the texts may hold a NUL.
  mutating func set(_ namespace: String, _ key: String, _ text: Slice<UnsafeRawBufferPointer>) {
    let value = arena.make(google__protobuf__value__init)
    value.pointee.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE
    value.pointee.string_value = arena.copyCString(text)
    add(key, value, to: fields(of: namespace))
  }

  var packedByteCount: Int { google__protobuf__struct__get_packed_size(message) }

  func write(field: UInt8, _ writer: inout WireWriter) {
    let byteCount = packedByteCount
    writer.message(field, byteCount: byteCount)
    guard let room = writer.room(byteCount) else { return }
    google__protobuf__struct__pack(message, room.assumingMemoryBound(to: UInt8.self))
  }

  private func fields(of namespace: String) -> UnsafeMutablePointer<StructMessage> {
    for position in 0..<message.pointee.n_fields {
      guard let entry = message.pointee.fields[position], let key = entry.pointee.key,
        UnsafeRawBufferPointer(cString: key).elementsEqual(namespace.utf8),
        let fields = entry.pointee.value.pointee.struct_value
      else { continue }
      return fields
    }
    let fields = MetadataStruct.emptyStruct(arena, fieldCountMax)
    let value = arena.make(google__protobuf__value__init)
    value.pointee.kind_case = GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE
    value.pointee.struct_value = fields
    add(namespace, value, to: message)
    return fields
  }

  private func add(
    _ key: String, _ value: UnsafeMutablePointer<ValueMessage>, to fields: UnsafeMutablePointer<StructMessage>
  ) {
    let entry = arena.make(google__protobuf__struct__fields_entry__init)
    entry.pointee.key = arena.copyCString(key.utf8)
    entry.pointee.value = value
    fields.pointee.fields[fields.pointee.n_fields] = entry
    fields.pointee.n_fields &+= 1
  }

  private static func emptyStruct(_ arena: MessageArena, _ room: Int) -> UnsafeMutablePointer<StructMessage> {
    let fields = arena.make(google__protobuf__struct__init)
    fields.pointee.fields = arena.allocate(room, of: UnsafeMutablePointer<FieldsEntryMessage>?.self)
    return fields
  }
}
