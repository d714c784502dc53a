import AllocationCount
import Transformation
import Yardstick

/// A case with its bodies read and its configuration compiled.
struct PreparedCase {
  let definition: Case
  private let transformation: Transformation
  private let source = RequestHeaders.chat()
  private let body: [UInt8]?
  private let unit: [UInt8]
  private let expectedBody: [UInt8]?

  init(_ definition: Case, bodies: BodyFolder) throws(Failure) {
    self.definition = definition
    let loaded = Configuration.load(json: Array(definition.configuration.utf8))
    guard let transformation = loaded.configuration?.fallback else {
      throw Failure("\(definition.name): \(loaded.diagnostics)")
    }
    self.transformation = transformation
    body = try definition.body.map(bodies.read)
    unit = try bodies.read(definition.unit)
    expectedBody = try definition.expected.bodyFile.map(bodies.read)
  }

  /// What the sidecar does for one request, from its headers to the mutations, `times` times.
  ///
  /// Each exchange has mutations of its own, as each stream of the sidecar has.
  @inline(never)
  func transform(times: Int) {
    for _ in 0..<times { withExtendedLifetime(transform()) {} }
  }

  /// RapidJSON on the unit's body, `times` times.
  @inline(never)
  func parseUnit(times: Int) -> Bool {
    unit.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { yardstick_parse($0.baseAddress, $0.count, times) > 0 }
    }
  }

  /// Allocations of one transformation and of one parse of the unit, once both are warm.
  func allocations() -> (transformation: UInt64, unit: UInt64) {
    let start = allocation_count()
    transform(times: 1)
    let middle = allocation_count()
    _ = parseUnit(times: 1)
    return (middle - start, allocation_count() - middle)
  }

  /// Fails when the result is not the expected one.
  func verify() throws(Failure) {
    let mutations = transform()
    let headers = mutations.headers.map { header in
      "\(header.operation == .set ? "" : "\(header.operation) ")\(header.name): "
        + String(decoding: mutations.bytes[header.value], as: UTF8.self)
    }
    guard headers == definition.expected.headers else { throw Failure("\(definition.name): set \(headers)") }
    guard mutations.body.map({ Array(mutations.bytes[$0]) }) == expectedBody else {
      throw Failure("\(definition.name): the new body is not \(definition.expected.bodyFile ?? "left out")")
    }
    guard mutations.failures.isEmpty else { throw Failure("\(definition.name): \(mutations.failures)") }
  }

  private func transform() -> Mutations {
    var mutations = Mutations()
    var exchange = Exchange(transformation)
    let action = exchange.headers(.request, source, endOfStream: body == nil, into: &mutations)
    if case .awaitBody = action, let body {
      body.withUnsafeBytes {
        _ = exchange.body(.request, $0, isWhole: true, source: source, into: &mutations)
      }
    }
    return mutations
  }
}

/// Why there are no figures.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
