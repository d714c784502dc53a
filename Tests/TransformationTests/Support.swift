import Testing

@testable import Transformation

/// Headers and attributes for a phase, as an adapter would offer them.
final class MessageSource: ExchangeSource {
  var headers: [(name: [UInt8], value: [UInt8])]
  var attributes: [ConnectionAttribute: AttributeValue] = [:]
  private(set) var lookups: [String] = []

  init(_ headers: [(String, String)]) {
    self.headers = headers.map { (Array($0.0.utf8), Array($0.1.utf8)) }
  }

  func header(_ name: UnsafeRawBufferPointer, at index: Int, count: inout Int) -> UnsafeRawBufferPointer? {
    lookups.append(String(decoding: name, as: UTF8.self))
    let values = headers.filter { $0.name.elementsEqual(name) }
    count = values.count
    guard index < values.count else { return nil }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: values[index].value.count, alignment: 1)
    copy.copyBytes(from: values[index].value)
    borrowed.append(copy)
    return UnsafeRawBufferPointer(copy)
  }

  func forEachHeader(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
    for (name, value) in headers {
      name.withUnsafeBytes { name in value.withUnsafeBytes { body(name, $0) } }
    }
  }

  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue? { attributes[attribute] }

  /// Of a response: the source of its request.
  var request: MessageSource?
  var requestID: [UInt8]? {
    (request ?? self).headers.first { $0.name.elementsEqual("x-request-id".utf8) }?.value
  }

  private var borrowed: [UnsafeMutableRawBufferPointer] = []
  deinit { for buffer in borrowed { buffer.deallocate() } }
}

/// What a phase did, in a form that reads well in expectations.
struct Outcome: Equatable, CustomStringConvertible {
  var changes: [String] = []
  var body: String?
  var metadata: [String] = []
  var failures: [String] = []
  var reply: LocalReply?
  var awaitsBody = false
  var clearsRouteCache = false
  var skipped: SkipReason?

  init(_ action: BodyAction, _ mutations: Mutations) { self.init(HeadersAction(action), mutations) }

  init(_ action: HeadersAction, _ mutations: Mutations) {
    switch action {
    case .proceed: break
    case .awaitBody: awaitsBody = true
    case .reply(let reply): self.reply = reply
    }
    func text(_ range: Range<Int>) -> String { String(decoding: mutations.bytes[range], as: UTF8.self) }
    changes = mutations.headers.map { header in
      switch header.operation {
      case .set: return "\(header.name)=\(text(header.value))"
      case .append: return "\(header.name)+=\(text(header.value))"
      case .remove: return "-\(header.name)"
      }
    }
    body = mutations.body.map(text)
    metadata = mutations.metadata.map { "\($0.namespace)/\($0.key)=\(text($0.value))" }
    clearsRouteCache = mutations.effects.contains(.clearRouteCache)
    skipped = mutations.skipped
    failures = mutations.failures.map { "\($0.place) \($0.reason.rawValue)" }
  }

  var description: String {
    "changes: \(changes), body: \(body ?? "-"), metadata: \(metadata), failures: \(failures),"
      + " reply: \(reply.map { "\($0.status) \($0.details)" } ?? "-"), awaits body: \(awaitsBody)"
  }
}

/// Drives one exchange through a configuration.
struct Driver {
  var exchange: Exchange
  var request: MessageSource
  var response: MessageSource

  static let requestHeaders = [
    (":method", "POST"), (":path", "/v1/chat"), (":authority", "api.example.com"), ("x-user", "ann"),
    ("x-many", "one"), ("x-many", "two"),
  ]

  init(
    _ json: String, request: [(String, String)] = Driver.requestHeaders,
    response: [(String, String)] = [(":status", "200"), ("content-type", "application/json")],
    tolerance: Tolerance = .none
  ) throws {
    exchange = Exchange(try #require(loaded(json, tolerance: tolerance).transformations["default"]))
    self.request = MessageSource(request)
    self.response = MessageSource(response)
    self.response.request = self.request
  }

  /// The request's header phase, and its body phase when the exchange asks for the body. No body: `nil`.
  mutating func sendRequest(_ body: String? = nil) -> Outcome {
    var mutations = Mutations()
    return send(.request, request, body, &mutations)
  }

  mutating func sendResponse(_ body: String? = nil) -> Outcome {
    var mutations = Mutations()
    return send(.response, response, body, &mutations)
  }

  private mutating func send(
    _ direction: Direction, _ source: MessageSource, _ body: String?, _ mutations: inout Mutations
  ) -> Outcome {
    let action = exchange.headers(direction, source, endOfStream: body == nil, into: &mutations)
    guard case .awaitBody = action, let body else { return Outcome(action, mutations) }
    let answer = Array(body.utf8).withUnsafeBytes {
      exchange.body(direction, $0, isWhole: true, source: source, into: &mutations)
    }
    return Outcome(answer, mutations)
  }

  /// The request's phases without a body phase.
  mutating func sendRequestHeaders(endOfStream: Bool) -> Outcome {
    var mutations = Mutations()
    let action = exchange.headers(.request, request, endOfStream: endOfStream, into: &mutations)
    return Outcome(action, mutations)
  }
}

extension LocalReply {
  func header(_ name: String) -> String? {
    headers.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
  }

  var text: String { String(decoding: body, as: UTF8.self) }
}

func loaded(_ json: String, tolerance: Tolerance = .none) throws -> Configuration {
  let (configuration, diagnostics) = Configuration.load(json: Array(json.utf8), tolerance: tolerance)
  return try #require(configuration, "\(diagnostics)")
}

/// `LINE:COLUMN path: message`, one a diagnostic.
func diagnostics(_ json: String) -> [String] {
  Configuration.load(json: Array(json.utf8)).diagnostics.map {
    "\($0.location.line):\($0.location.column) \($0.severity.rawValue) \($0.path): \($0.message)"
  }
}

/// A configuration whose request sets `x-out` from a template.
func setting(_ template: String, parseAs: String = "AsString") -> String {
  let escaped = template.replacingBackslashesAndQuotes
  return #"{"request":{"body":{"parseAs":"\#(parseAs)"},"set":[{"name":"x-out","value":"\#(escaped)"}]}}"#
}

extension String {
  var replacingBackslashesAndQuotes: String {
    var result = ""
    for character in self {
      if character == "\\" || character == "\"" { result.append("\\") }
      result.append(character)
    }
    return result
  }
}

/// The value that `template` renders to as a request header; "(removed)" when it rendered to nothing.
func rendered(
  _ template: String, body: String? = nil, parseAs: String = "AsString",
  request: [(String, String)] = Driver.requestHeaders
) throws -> String {
  var driver = try Driver(setting(template, parseAs: parseAs), request: request)
  let outcome = driver.sendRequest(body)
  if let failure = outcome.failures.first { return "failure: \(failure)" }
  guard let change = outcome.changes.first else { return "(nothing)" }
  return change == "-x-out" ? "(removed)" : String(change.dropFirst("x-out=".count))
}
