import JSON
import Transformation

/// One exchange through a transformation, with what must hold of every mutation.
struct ExchangeRun {
  private let transformation: Transformation
  private let body: [UInt8]
  private let source: Source

  init(_ transformation: Transformation, body: [UInt8], header: [UInt8]) {
    self.transformation = transformation
    self.body = body
    source = Source(header)
  }

  func run() {
    var exchange = Exchange(transformation)
    var mutations = Mutations()
    for direction in [Direction.request, .response] {
      var action = exchange.headers(direction, source, endOfStream: body.isEmpty, into: &mutations)
      if case .awaitBody = action {
        action = body.withUnsafeBytes {
          HeadersAction(exchange.body(direction, $0, isWhole: true, source: source, into: &mutations))
        }
      }
      check(action, mutations)
      mutations.removeAll()
    }
  }

  private func check(_ action: HeadersAction, _ mutations: Mutations) {
    if case .reply(let reply) = action {
      expect((400...599).contains(reply.status), "a refusal has a status of an error: \(reply.status)")
      let isText = reply.headers.first.map { $0.value.elementsEqual("text/plain".utf8) } ?? false
      expect(isText || (try? JSONDocument.index(owning: reply.body)) != nil, "a refusal is JSON, or a text")
      let changesNothing =
        mutations.headers.isEmpty && mutations.metadata.isEmpty && mutations.body == nil
        && mutations.effects.isEmpty
      expect(changesNothing, "a refusal changes nothing")
    }
    for failure in mutations.failures { expect(!failure.message.isEmpty, "a failure says something") }
    let bytes = mutations.bytes
    for header in mutations.headers where header.operation != .remove {
      let value = bytes[header.value]
      expect(!value.isEmpty, "\(header.name) has a value")
      expect(
        !value.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 }, "\(header.name) holds no CR, LF and NUL")
    }
    for metadata in mutations.metadata {
      let value = bytes[metadata.value]
      expect(String(validating: value, as: UTF8.self) != nil && !value.contains(0), "metadata is text")
    }
    if let body = mutations.body { expect(bytes.indices.contains(body) || body.isEmpty, "the body is there") }
  }
}

extension Range<Int> {
  fileprivate func contains(_ other: Range<Int>) -> Bool {
    other.lowerBound >= lowerBound && other.upperBound <= upperBound
  }
}

/// Headers, one of them with a value of the fuzzer's.
private final class Source: ExchangeSource {
  private let headers: [(name: [UInt8], value: [UInt8])]

  init(_ value: [UInt8]) {
    headers = [
      (":method", Array("POST".utf8)), (":path", Array("/v1/chat?".utf8) + value),
      (":status", Array("200".utf8)),
      ("cookie", value), ("x", value), ("x", Array("two".utf8)),
    ].map { (Array($0.0.utf8), $0.1) }
  }

  func header(_ name: UnsafeRawBufferPointer, at index: Int, count: inout Int) -> UnsafeRawBufferPointer? {
    let values = headers.filter { $0.name.elementsEqual(name) }
    count = values.count
    guard values.indices.contains(index) else { return nil }
    // A buffer of exactly this length, so that reading beyond its end shows; gone with the next call.
    borrowed?.deallocate()
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: values[index].value.count, alignment: 1)
    copy.copyBytes(from: values[index].value)
    borrowed = copy
    return UnsafeRawBufferPointer(copy)
  }

  func forEachHeader(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
    for (name, value) in headers {
      name.withUnsafeBytes { name in value.withUnsafeBytes { body(name, $0) } }
    }
  }

  var requestID: [UInt8]? { nil }

  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue? {
    attribute == .mtls ? .bool(true) : attribute == .id ? .int(.max) : nil
  }

  private var borrowed: UnsafeMutableRawBufferPointer?
  deinit { borrowed?.deallocate() }
}
