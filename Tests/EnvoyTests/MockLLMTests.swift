import Foundation
import Testing

/// The mock LLM by itself: what the other suites see through Envoy is measured against it.
@Suite("The mock LLM")
struct MockLLMTests {
  private static let mock = Result { try MockLLM(in: TemporaryFolder()) }

  private func exchange(_ request: HTTPRequest) throws -> HTTPResponse {
    try HTTPConnection(port: Self.mock.get().port).exchange(request)
  }

  @Test("anything shows method, path, header lines in their order, and the body")
  func anything() throws {
    var request = HTTPRequest.post("/anything/a?b=1&b=2", json: #"{"z": 1.0, "a": "é"}"#)
    request.headers.add("X-Twice", "1")
    request.headers.add("x-twice", "2")
    let seen = try exchange(request).upstream()
    #expect(seen.method == "POST")
    #expect(seen.path == "/anything/a?b=1&b=2")
    #expect(seen.headers["x-twice"] == ["1", "2"])
    #expect(seen.headers.names == ["host", "content-type", "x-twice", "x-twice", "content-length"])
    #expect(seen.body == #"{"z": 1.0, "a": "é"}"#)
  }

  @Test("anything keeps the spelling of a JSON body")
  func anythingKeepsSpelling() throws {
    let text = try exchange(.post("/anything", json: #"{"z": 1.0, "a": 12345678901234567890}"#)).text
    #expect(text.contains(#""json": {"z": 1.0, "a": 12345678901234567890}"#))
    #expect(try exchange(.post("/anything", "{not JSON")).json()["json"] is NSNull)
  }

  @Test("chunks and trailers of a request are understood")
  func requestTrailers() throws {
    var request = HTTPRequest.post("/anything", String(repeating: "x", count: 100))
    request.chunkSize = 7
    request.trailers = ["x-checksum": "42"]
    let seen = try exchange(request).upstream()
    #expect(seen.body.count == 100)
    #expect(seen.trailers == ["x-checksum": "42"])
  }

  @Test(
    "a chat completion has the shape of OpenAI's",
    arguments: ["/v1/chat/completions", "/llm/chat/completions"])
  func chatCompletion(path: String) throws {
    let body = #"{"model": "gpt-4o", "messages": [{"role": "user", "content": "Good morning"}]}"#
    let response = try exchange(.post(path, json: body))
    let json = try response.json()
    #expect(response.headers["content-type"] == ["application/json"])
    #expect(json["object"] as? String == "chat.completion")
    #expect(json["model"] as? String == "gpt-4o")
    let choice = try #require((json["choices"] as? [NSDictionary])?.first)
    #expect(choice["finish_reason"] as? String == "stop")
    let message = try #require(choice["message"] as? NSDictionary)
    #expect(message["role"] as? String == "assistant")
    #expect((message["content"] as? String)?.hasSuffix("Good morning") == true)
    let usage = try #require(json["usage"] as? [String: Int])
    #expect(usage["prompt_tokens"] == 2)
    #expect(usage["total_tokens"] == 2 + (usage["completion_tokens"] ?? 0))
  }

  @Test("equal chat requests have equal answers")
  func deterministic() throws {
    let body = #"{"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}"#
    let first = try exchange(.post("/v1/chat/completions", json: body))
    let second = try exchange(.post("/v1/chat/completions", json: body))
    #expect(first.status == 200)
    #expect(first.body == second.body)
  }

  @Test(
    "a chat completion that cannot be answered is an error of OpenAI's shape",
    arguments: [
      (#"{"model": "#, nil, nil),
      (#"{"messages": []}"#, "model", "missing_required_parameter"),
      (#"{"model": "m", "messages": []}"#, "messages", nil),
      (#"{"model": "m", "messages": [{"content": "x"}]}"#, "messages[0].role", "missing_required_parameter"),
      (#"{"model": 7, "messages": []}"#, "model", "invalid_type"),
    ])
  func badChatRequest(body: String, parameter: String?, code: String?) throws {
    let response = try exchange(.post("/v1/chat/completions", json: body))
    let error = try #require(try response.json()["error"] as? NSDictionary)
    #expect(response.status == 400)
    #expect(error["type"] as? String == "invalid_request_error")
    #expect(error["param"] as? String == parameter)
    #expect(error["code"] as? String == code)
  }

  @Test("a status comes without a body", arguments: [200, 204, 304, 404, 503])
  func status(code: Int) throws {
    let response = try exchange(.get("/status/\(code)"))
    #expect(response.status == code)
    #expect(response.body.isEmpty)
  }

  @Test("echo returns the body with the status that was asked for")
  func echo() throws {
    let response = try exchange(.post("/echo?status=422", "hello", headers: ["content-type": "text/x-own"]))
    #expect(response.status == 422)
    #expect(response.text == "hello")
    #expect(response.headers["content-type"] == ["text/x-own"])
  }

  @Test("a delay is kept")
  func delay() throws {
    let elapsed = try ContinuousClock().measure { _ = try exchange(.get("/delay/0.1")) }
    #expect(elapsed >= .milliseconds(100))
  }

  @Test("bytes count up")
  func bytes() throws {
    let response = try exchange(.get("/bytes/1000"))
    #expect(response.body == (0..<1000).map { UInt8(truncatingIfNeeded: $0) })
  }

  @Test("gzip decodes to JSON")
  func gzip() throws {
    let response = try exchange(.get("/gzip"))
    #expect(response.headers["content-encoding"] == ["gzip"])
    let folder = try TemporaryFolder()
    try Data(response.body).write(to: URL(fileURLWithPath: folder.file("body.gz")))
    let gzip = try ChildProcess(
      "gzip", "/usr/bin/gzip", ["-dc", folder.file("body.gz")], logFile: folder.file("body"))
    try gzip.waitForEnd()
    #expect(gzip.exitStatus == 0)
    #expect(gzip.log.contains(#""url": "http://test/gzip""#))
  }

  @Test("response headers are those of the query, repeated ones too")
  func responseHeaders() throws {
    let response = try exchange(.get("/response-headers?x=1&x=a%20b&content-type=text%2Fplain"))
    #expect(response.headers["x"] == ["1", "a b"])
    #expect(response.headers["content-type"] == ["text/plain"])
  }

  @Test("trailers follow the body")
  func trailers() throws {
    let response = try exchange(.get("/trailers?x=1&y=2"))
    #expect(response.trailers == ["x": "1", "y": "2"])
  }

  @Test("the last exchange is recorded as it was on the wire")
  func recording() throws {
    let folder = try TemporaryFolder()
    let record = folder.file("record")
    let mock = try MockLLM(in: folder, recordFolder: record)
    let response = try HTTPConnection(port: mock.port).exchange(
      .post("/echo", "hello", headers: ["X-Spelled": "So"]))
    let request = try String(contentsOfFile: "\(record)/request", encoding: .utf8)
    #expect(request == "POST /echo HTTP/1.1\r\nhost: test\r\nX-Spelled: So\r\ncontent-length: 5\r\n\r\nhello")
    let answer = try String(contentsOfFile: "\(record)/response", encoding: .utf8)
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(answer.hasSuffix("\r\ncontent-length: 5\r\n\r\n\(response.text)"))
  }

  @Test("it listens on a Unix socket, and replaces one that was left over")
  func unixSocket() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("mock.sock")
    for _ in 1...2 {
      let mock = try ChildProcess(
        "mock-llm", Programs.mockLLM, ["--listen", "unix:\(path)"], logFile: folder.file("mock.log"))
      let connection = try mock.waitUntil("listens") { try? HTTPConnection(unixSocket: path) }
      #expect(try connection.exchange(.get("/status/200")).status == 200)
      mock.stop(with: SIGKILL)
    }
  }
}
