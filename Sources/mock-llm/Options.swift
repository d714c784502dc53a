/// What the command line asks for.
struct Options {
  enum Address: Equatable {
    case tcp(host: String, port: Int)
    case unix(path: String)
  }

  var address: Address
  /// Where the last request and response are written, as they were on the wire.
  var recordFolder: String?

  static let usage = """
    usage: mock-llm --listen HOST:PORT|unix:PATH [--record DIR]

    An upstream for demos and tests: OpenAI-style chat completions and a few httpbun-style endpoints over HTTP/1.1.
    Prints one line when it is ready; port 0 takes a free port, and the line names it.

      --listen HOST:PORT|unix:PATH   where to listen; a socket file that is in the way is replaced
      --record DIR                   write the last exchange to DIR/request and DIR/response

    Endpoints: /v1/chat/completions, /llm/chat/completions, /anything, /echo, /status/N, /delay/SECONDS, /gzip,
    /bytes/N, /response-headers?name=value, /trailers?name=value

    """

  /// A command line that cannot be understood; the text says why.
  struct Invalid: Error { var reason: String }

  /// - Parameter arguments: without the program's name.
  static func parse(_ arguments: [String]) throws(Invalid) -> Options {
    var address: Address?
    var recordFolder: String?
    var rest = arguments[...]
    while let flag = rest.popFirst() {
      guard let value = rest.popFirst() else { throw Invalid(reason: "\(flag) needs a value") }
      switch flag {
      case "--listen": address = try parseAddress(value)
      case "--record": recordFolder = value
      default: throw Invalid(reason: "unknown option \(flag)")
      }
    }
    guard let address else { throw Invalid(reason: "--listen is missing") }
    return Options(address: address, recordFolder: recordFolder)
  }

  private static func parseAddress(_ text: String) throws(Invalid) -> Address {
    if text.hasPrefix("unix:") {
      return .unix(path: String(text.dropFirst("unix:".count)))
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw Invalid(reason: "'\(text)' is neither HOST:PORT nor unix:PATH")
    }
    return .tcp(host: String(text[..<colon]), port: Int(port))
  }
}
