import NIOHTTP1

/// Finds the endpoint of a path.
enum Router {
  static func answer(_ request: Request) -> Reply {
    let segments = request.path.split(separator: "/")
    switch (segments.first, segments.count) {
    case ("anything", _): return Anything.answer(request)
    case ("v1", 3) where segments[1...] == ["chat", "completions"],
      ("llm", 3) where segments[1...] == ["chat", "completions"]:
      return ChatCompletions.answer(request)
    case ("echo", 1): return Primitives.echo(request)
    case ("status", 2): return Primitives.status(segments[1])
    case ("delay", 2): return Primitives.delay(segments[1], request)
    case ("bytes", 2): return Primitives.bytes(segments[1])
    case ("gzip", 1): return Primitives.gzip(request)
    case ("response-headers", 1): return Primitives.responseHeaders(request)
    case ("trailers", 1): return Primitives.trailers(request)
    default:
      return .openAIError(
        "No such endpoint: \(request.head.method.rawValue) \(request.path).", status: .notFound,
        code: "unknown_url")
    }
  }
}
