internal import CExtProc

/// A `HeaderMutation` as it grows, in an arena.
///
/// Envoy reads of a value only `raw_value`, and to append only `append`, which is deprecated; other proxies read only
/// `append_action`. So both are always sent.
struct HeaderMutationList {
  let message: UnsafeMutablePointer<HeaderMutationMessage>
  private let arena: MessageArena
  private let overwrites: UnsafeMutablePointer<BoolValueMessage>
  private let appends: UnsafeMutablePointer<BoolValueMessage>

  init(arena: MessageArena, setCountMax: Int, removalCountMax: Int) {
    self.arena = arena
    message = arena.make(envoy__service__ext_proc__v3__header_mutation__init)
    message.pointee.set_headers = arena.allocate(
      setCountMax, of: UnsafeMutablePointer<HeaderValueOptionMessage>?.self)
    message.pointee.remove_headers = arena.allocate(removalCountMax, of: UnsafeMutablePointer<CChar>?.self)
    overwrites = arena.make(google__protobuf__bool_value__init)
    appends = arena.make(google__protobuf__bool_value__init)
    appends.pointee.value = 1
  }

  /// `value` must stay until the message is packed.
  mutating func set(_ name: some Collection<UInt8>, _ value: UnsafeRawBufferPointer) {
    add(
      name, value, overwrites,
      ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__OVERWRITE_IF_EXISTS_OR_ADD)
  }

  mutating func set(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
    set(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value)
  }

  mutating func append(_ name: some Collection<UInt8>, _ value: UnsafeRawBufferPointer) {
    add(
      name, value, appends,
      ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__APPEND_IF_EXISTS_OR_ADD)
  }

  mutating func remove(_ name: some Collection<UInt8>) {
    message.pointee.remove_headers[message.pointee.n_remove_headers] = arena.copyCString(name)
    message.pointee.n_remove_headers &+= 1
  }

  mutating func setContentLength(_ byteCount: Int) {
    // The most digits of an Int.
    let digits = arena.allocate(20, of: UInt8.self)
    var start = 20
    var rest = UInt(byteCount.magnitude)
    repeat {
      start &-= 1
      digits[start] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      rest /= 10
    } while rest > 0
    set("content-length", UnsafeRawBufferPointer(start: digits + start, count: 20 &- start))
  }

  private mutating func add(
    _ name: some Collection<UInt8>, _ value: UnsafeRawBufferPointer,
    _ append: UnsafeMutablePointer<BoolValueMessage>, _ action: HeaderAppendAction
  ) {
    let header = arena.make(envoy__config__core__v3__header_value__init)
    header.pointee.key = arena.copyCString(name)
    header.pointee.raw_value = ProtobufCBinaryData(value)
    let option = arena.make(envoy__config__core__v3__header_value_option__init)
    option.pointee.header = header
    option.pointee.append = append
    option.pointee.append_action = action
    message.pointee.set_headers[message.pointee.n_set_headers] = option
    message.pointee.n_set_headers &+= 1
  }
}
