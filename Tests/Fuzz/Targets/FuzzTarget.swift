#if canImport(Glibc)
  import Glibc
#endif

/// What is fuzzed. Each takes any bytes; what must hold is checked with `expect`, traps and wrong accesses show by
/// themselves.
enum FuzzTarget: String, CaseIterable {
  /// The JSON reader and writer: the input is a JSON text.
  case json
  /// The template compiler: the input is a template.
  case template
  /// Renderings by way of whole exchanges: a template, a JSON body and a header's value, with a line `---` between.
  case render
  /// The configuration loader: the input is a file in JSON or YAML.
  case configuration
  /// `ProcessingRequest`s of one stream, each behind its length in two bytes.
  case message
  /// The sidecar without its sockets: records of what arrives on a connection.
  case sidecar

  typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

  var callback: Callback {
    switch self {
    case .json:
      return { data, size in
        JSONTarget.run(UnsafeRawBufferPointer(start: data, count: size))
        return 0
      }
    case .template:
      return { data, size in
        TemplateTarget.run(UnsafeRawBufferPointer(start: data, count: size))
        return 0
      }
    case .render:
      return { data, size in
        RenderTarget.run(UnsafeRawBufferPointer(start: data, count: size))
        return 0
      }
    case .configuration:
      return { data, size in
        ConfigurationTarget.run(UnsafeRawBufferPointer(start: data, count: size))
        return 0
      }
    case .message:
      return { data, size in
        MessageTarget.run(UnsafeRawBufferPointer(start: data, count: size))
        return 0
      }
    case .sidecar:
      return { data, size in
        SidecarTarget.run(UnsafeRawBufferPointer(start: data, count: size))
        return 0
      }
    }
  }
}

/// Ends the process, which libFuzzer reports as a finding, when something does not hold.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
  guard !condition else { return }
  report("does not hold: \(message())")
  abort()
}

/// A line on standard error.
func report(_ message: String) {
  let line = Array("fuzz: \(message)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
}
