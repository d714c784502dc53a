import ExtProc
import FuzzDriver
import GRPC
import Logging
import Transformation

/// Reads `ProcessingRequest`s and answers them, as one stream of Envoy's: each behind its length in two bytes.
enum MessageTarget {
  static func run(_ input: UnsafeRawBufferPointer) {
    let stream = ProcessStream(
      service, selector: ProcessStream.Selector(), metrics: metrics, memory: ProcessMemory())
    var answers = OutgoingMessages()
    var rest = input
    while let message = next(&rest) {
      let before = answers.bytes.count
      let status = stream.receive(message, into: &answers)
      expect(answers.bytes.count >= before, "answers are appended")
      expect(
        stream.heldBytes <= 64 << 10 + 8 * message.count + 64 * input.count,
        "\(stream.heldBytes) bytes are held")
      if status != nil { break }
    }
    _ = stream.tick(now: .max, into: &answers)
    stream.end()
    expect(stream.heldBytes <= 64 << 10, "\(stream.heldBytes) bytes are held of an exchange that is over")
    checkFrames(answers.bytes)
  }

  private static func next(_ rest: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard rest.count >= 2 else { return nil }
    let count = min(Int(rest[0]) << 8 | Int(rest[1]), rest.count - 2)
    defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(2 + count)) }
    return UnsafeRawBufferPointer(rebasing: rest.dropFirst(2).prefix(count))
  }

  /// gRPC's prefixes lead from one answer to the next, to the end.
  private static func checkFrames(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      expect(rest.count >= 5 && rest.first == 0, "an answer has its prefix")
      let count = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
      expect(rest.count >= 5 + count, "an answer is whole")
      rest = rest.dropFirst(5 + count)
    }
  }

  static let metrics = LoopMetrics()
  /// Reads and writes all that a message has.
  static let service: ProcessService = {
    // The compiled templates are there to the end, and LeakSanitizer does not find them: Swift keeps marks in references.
    __lsan_disable()
    defer { __lsan_enable() }
    let text = """
      {"request": {"body": {"parseAs": "AsJson"}, "set": [
        {"name": "x-model", "value": "{{ model }}"}, {"name": "x-a", "value": "{{ header('a') }}"},
        {"name": "x-tls", "value": "{{ connection.tls_version }}{{ connection.id }}"}],
        "dynamicMetadata": [{"namespace": "n", "key": "k", "value": {"stringValue": "{{ header('b') }}"}}]},
       "response": {"body": {"value": "{{ body() }}{{ request_header('a') }}"}, "remove": ["x-b"]}}
      """
    let (configuration, diagnostics) = Configuration.load(json: Array(text.utf8))
    guard let configuration else {
      fatalError("the configuration is wrong: \(diagnostics.map(\.message))")
    }
    return ProcessService(
      configuration: configuration, logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
  }()
}
