import Testing

@testable import Transformation

@Suite("The shape of a refusal")
struct RefusalShapeTests {
  @Test("of a response's headers alone, too, are as the request's client reads them")
  func headersOnly() throws {
    let json = #"{"response":{"set":[{"name":"x-a","value":"b"}]}}"#
    for (request, shape, isGRPC) in [
      ([(":method", "POST"), (":path", "/v1/messages")], RefusalShape.anthropic, false),
      ([(":method", "POST"), (":path", "/S/M"), ("content-type", "application/grpc")], .openAI, true),
    ] {
      var driver = try Driver(json, request: request)
      _ = driver.sendRequest()
      var mutations = Mutations()
      let obstacle = Obstacle(
        .response, Failure(place: "p", reason: FailureReason("in_the_way"), message: "m"))
      let reply = driver.exchange.refuse(obstacle, source: driver.response, into: &mutations)
      #expect((reply.grpcStatus != nil) == isGRPC)
      if !isGRPC { #expect(reply.text.hasPrefix(#"{"type":"error""#) == (shape == .anthropic)) }
    }
  }

  private func refusal(
    _ path: String, policy: String = "{}", type: String? = nil, of direction: Direction = .request
  ) throws -> LocalReply {
    var request = [(":method", "POST"), (":path", path), ("x-request-id", "id-1")]
    if let type { request.append(("content-type", type)) }
    let fields = #""failurePolicy":\#(policy),"body":{"parseAs":"AsJson","value":"{{ a }}"}"#
    var driver = try Driver("{\"\(direction.rawValue)\":{\(fields)}}", request: request)
    let sent = driver.sendRequest("no JSON")
    return try #require(direction == .request ? sent.reply : driver.sendResponse("no JSON").reply)
  }

  @Test(
    "is that of the API whose path it is",
    arguments: [
      ("/v1/chat/completions", RefusalShape.openAI), ("/", .openAI), ("/v1/models?x=/v1/messages", .openAI),
      ("/v1/messages", .anthropic), ("/anthropic/v1/messages/count_tokens?beta=true", .anthropic),
      ("/v1/projects/p/locations/l/publishers/anthropic/models/claude:rawPredict", .anthropic),
      ("/v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse", .google),
      ("/model/anthropic.claude-v2:1/converse", .aws), ("/model/a%3A0/invoke-with-response-stream", .aws),
      ("/mcp", .jsonRPC), ("/team/mcp/", .jsonRPC), ("*", .openAI), ("", .openAI),
    ])
  func path(path: String, shape: RefusalShape) {
    #expect(Array(path.utf8).withUnsafeBytes { RefusalShape(path: $0) } == shape)
  }

  @Test("carries the request's id and its own type", arguments: [Direction.request, .response])
  func headers(direction: Direction) throws {
    let reply = try refusal("/v1/chat/completions", of: direction)
    #expect(reply.header("content-type") == "application/json")
    #expect(reply.header("x-request-id") == "id-1")
    #expect(reply.header("x-should-retry") == (direction == .response ? "false" : nil))
    #expect(
      reply.text.hasPrefix(#"{"error":{"code":\#(reply.status),"type":"body_not_json","message":"the "#))
    #expect(reply.grpcStatus == nil)
  }

  @Test("is Anthropic's")
  func anthropic() throws {
    let reply = try refusal("/v1/messages", of: .response)
    #expect(reply.text.hasPrefix(#"{"type":"error","error":{"type":"api_error","message":"the response"#))
    #expect(reply.text.hasSuffix(#""},"request_id":"id-1"}"#))
    #expect(
      try refusal("/v1/messages").text.hasPrefix(#"{"type":"error","error":{"type":"invalid_request_error""#))
  }

  @Test("is Google's")
  func google() throws {
    let text = try refusal("/v1beta/models/m:generateContent").text
    #expect(text.hasPrefix(#"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"the request's"#))
  }

  @Test("is that of AWS")
  func aws() throws {
    let reply = try refusal("/model/m/invoke")
    #expect(reply.header("x-amzn-errortype") == "ValidationException")
    #expect(reply.text.hasPrefix(#"{"message":"the request's body is not JSON"#))
  }

  @Test("is an error of JSON-RPC")
  func jsonRPC() throws {
    let text = try refusal("/mcp").text
    #expect(text.hasPrefix(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"the request's"#))
    #expect(text.hasSuffix(#","data":{"reason":"body_not_json"}}}"#))
  }

  @Test("is what the policy says, of either direction", arguments: [Direction.request, .response])
  func policy(direction: Direction) throws {
    let reply = try refusal("/v1/messages", policy: #"{"shape":"Plain"}"#, of: direction)
    #expect(reply.header("content-type") == "text/plain")
    #expect(reply.text.hasPrefix("the \(direction.rawValue)'s body is not JSON"))
  }

  @Test("is a status for a client of gRPC", arguments: ["application/grpc", "application/grpc+proto; x=y"])
  func grpc(type: String) throws {
    let reply = try refusal("/pkg.Service/Method", type: type)
    #expect(reply.status == 415 && reply.grpcStatus == 2)
    #expect(reply.header("content-type") == "text/plain" && reply.text.hasPrefix("the request's body"))
    #expect(try refusal("/", type: "application/grpc-web").grpcStatus == nil)
  }

  @Test("has no name but these")
  func unknown() {
    #expect(
      diagnostics(#"{"request":{"failurePolicy":{"shape":"OpenAi"}}}"#) == [
        "1:38 error request.failurePolicy.shape: `OpenAi` is not one of OpenAI, Anthropic, Google, AWS, JSONRPC, Plain;"
          + " did you mean `OpenAI`?"
      ])
  }
}
