import Testing

@testable import Transformation

@Suite("An exchange")
struct ExchangeTests {
  @Test("sets, adds and removes headers in this order")
  func order() throws {
    var driver = try Driver(
      """
      {"request": {
        "remove": ["x-user"],
        "add": [{"name": "x-many", "value": "three"}],
        "set": [{"name": "X-Static", "value": "yes"}, {"name": "x-path", "value": "{{ header(':path') }}"}]
      }}
      """)
    let outcome = driver.sendRequest()
    #expect(outcome.changes == ["x-static=yes", "x-path=/v1/chat", "x-many+=three", "-x-user"])
    #expect(outcome.reply == nil)
  }

  @Test("removes a header that the same configuration also sets")
  func removeWinsOverSet() throws {
    var driver = try Driver(
      #"{"request":{"set":[{"name":"x-a","value":"1"}],"add":[{"name":"x-a","value":"2"}],"remove":["X-A"]}}"#
    )
    #expect(driver.sendRequest().changes == ["-x-a"])
  }

  @Test("removes a header whose value is empty, missing or renders to nothing")
  func emptySets() throws {
    var driver = try Driver(
      """
      {"request": {"set": [{"name": "x-a", "value": ""}, {"name": "x-b"},
        {"name": "x-c", "value": "{{ header('absent') }}"}], "add": [{"name": "x-d", "value": "{{ header('absent') }}"}]}}
      """)
    #expect(driver.sendRequest().changes == ["-x-a", "-x-b", "-x-c"])
  }

  @Test("reads headers without regard to case, and pseudo-headers")
  func headerNames() throws {
    #expect(try rendered("{{ header('X-USER') }} {{ request_header('x-user') }}") == "ann ann")
    #expect(try rendered("{{ header(':method') }} {{ header(':authority') }}") == "POST api.example.com")
    #expect(try rendered("[{{ header('absent') }}]") == "[]")
    #expect(try rendered("{{ header('x-' ~ 'user') }}") == "ann")
  }

  @Test("does not ask for the body when no template reads it")
  func noBuffering() throws {
    var driver = try Driver(setting("{{ header('x-user') }}"))
    let outcome = driver.sendRequestHeaders(endOfStream: false)
    #expect(!outcome.awaitsBody)
    #expect(outcome.changes == ["x-out=ann"])
  }

  @Test("waits for a body that a template reads, and changes nothing before")
  func buffering() throws {
    var driver = try Driver(setting("{{ body() }}"))
    let outcome = driver.sendRequestHeaders(endOfStream: false)
    #expect(outcome.awaitsBody)
    #expect(outcome.changes.isEmpty)
  }

  @Test("puts a JSON field into a header")
  func fieldToHeader() throws {
    #expect(try rendered("{{ model }}", body: #"{"model":"gpt-4o"}"#, parseAs: "AsJson") == "gpt-4o")
  }

  @Test("rewrites the body from its fields and headers")
  func bodyRewritten() throws {
    var driver = try Driver(
      """
      {"request": {"body": {"parseAs": "AsJson",
        "value": "{\\"m\\":\\"{{ model }}\\",\\"user\\":\\"{{ header('x-user') }}\\"}"}}}
      """)
    #expect(driver.sendRequest(#"{"model":"a"}"#).body == #"{"m":"a","user":"ann"}"#)
  }

  @Test("can render the body to nothing")
  func emptyBody() throws {
    var driver = try Driver(#"{"request":{"body":{"value":"{% if false %}x{% endif %}"}}}"#)
    #expect(driver.sendRequestHeaders(endOfStream: false).body == "")
  }

  @Test("injects a body into a request that has none")
  func injectedBody() throws {
    var driver = try Driver(#"{"request":{"body":{"value":"hello {{ header('x-user') }}"}}}"#)
    #expect(driver.sendRequest().body == "hello ann")
  }

  @Test("replaces a body that its template does not read without waiting for it")
  func replacedUnread() throws {
    var driver = try Driver(#"{"request":{"body":{"value":"constant"}}}"#)
    let outcome = driver.sendRequestHeaders(endOfStream: false)
    #expect(!outcome.awaitsBody)
    #expect(outcome.body == "constant")
  }

  @Test("an entry of metadata may have its template as plain text")
  func plainMetadata() throws {
    var driver = try Driver(
      #"""
      {"request": {"dynamicMetadata": [{"namespace": "n", "key": "a", "value": "{{ header('x-user') }}"},
                                       {"namespace": "n", "key": "b", "value": 1.50}]}}
      """#)
    #expect(driver.sendRequest().metadata == ["n/a=ann", "n/b=1.50"])
  }

  @Test("writes dynamic metadata, last")
  func metadata() throws {
    var driver = try Driver(
      """
      {"request": {"body": {"parseAs": "AsJson"}, "dynamicMetadata": [
        {"namespace": "com.example", "key": "model", "value": {"stringValue": "{{ model }}"}}]}}
      """)
    #expect(driver.sendRequest(#"{"model":"m1"}"#).metadata == ["com.example/model=m1"])
  }

  @Test("transforms the response from response headers, request headers and the response's body")
  func response() throws {
    var driver = try Driver(
      """
      {"request": {"set": [{"name": "x-user", "value": "changed {{ header('x-user') }}"}]},
       "response": {"body": {"parseAs": "AsJson"}, "set": [
        {"name": "x-who", "value": "{{ request_header('X-User') }}"},
        {"name": "x-type", "value": "{{ header('content-type') }}"},
        {"name": "x-tokens", "value": "{{ usage.total_tokens }}"}]}}
      """)
    _ = driver.sendRequest("{}")
    #expect(
      driver.sendResponse(#"{"usage":{"total_tokens":12}}"#).changes
        == ["x-who=changed ann", "x-type=application/json", "x-tokens=12"])
  }

  @Test("keeps all request headers for a response template that computes the name")
  func computedRequestHeader() throws {
    var driver = try Driver(
      #"{"response":{"set":[{"name":"x-o","value":"{{ request_header('x-' ~ header('content-type')[:4]) }}"}]}}"#,
      request: [(":method", "GET"), ("x-appl", "found")])
    _ = driver.sendRequest()
    #expect(driver.sendResponse().changes == ["x-o=found"])
  }

  @Test("sees no request headers in a response whose request was not seen")
  func responseAlone() throws {
    var driver = try Driver(
      #"{"response":{"set":[{"name":"x-o","value":"[{{ request_header('x-user') }}]"}]}}"#)
    #expect(driver.sendResponse().changes == ["x-o=[]"])
  }

  @Test("asks nothing and changes nothing when the configuration is empty")
  func empty() throws {
    for json in ["", "{}", #"{"request":{}}"#, #"{"request":{"set":[],"body":{"parseAs":"AsString"}}}"#] {
      var driver = try Driver(json)
      #expect(driver.exchange.transformation.needs.isNothing)
      #expect(driver.sendRequestHeaders(endOfStream: false).changes.isEmpty)
      #expect(driver.request.lookups.isEmpty)
    }
  }

  @Test(
    "leaves the body of an upgrade and of CONNECT alone",
    arguments: [
      [(":method", "GET"), ("upgrade", "WebSocket"), ("x-user", "ann")],
      [(":method", "CONNECT"), ("x-user", "ann")],
    ])
  func tunnels(request: [(String, String)]) throws {
    var driver = try Driver(
      #"{"request":{"body":{"value":"{{ body() }}!"},"set":[{"name":"x-o","value":"{{ header('x-user') }}"}]}}"#,
      request: request)
    let outcome = driver.sendRequestHeaders(endOfStream: false)
    #expect(!outcome.awaitsBody)
    #expect(outcome.body == nil)
    #expect(outcome.changes == ["x-o=ann"])
  }

  @Test("gives no body to a response that cannot have one", arguments: ["204", "304", "101"])
  func bodylessStatus(status: String) throws {
    var driver = try Driver(
      #"{"response":{"body":{"value":"x"},"set":[{"name":"x-o","value":"1"}]}}"#,
      response: [(":status", status)])
    _ = driver.sendRequest()
    let outcome = driver.sendResponse()
    #expect(outcome.body == nil)
    #expect(outcome.changes == ["x-o=1"])
  }

  @Test("gives no body to the response of a HEAD request")
  func headResponse() throws {
    var driver = try Driver(#"{"response":{"body":{"value":"x"}}}"#, request: [(":method", "HEAD")])
    _ = driver.sendRequest()
    #expect(driver.sendResponse().body == nil)
  }

  @Test("gives no body to an empty answer to a request that it has not seen: it may have been a HEAD")
  func unseenRequest() throws {
    let configuration = #"{"response":{"body":{"value":"x"},"set":[{"name":"x-o","value":"1"}]}}"#
    var unseen = try Driver(configuration, response: [(":status", "403")])
    let outcome = unseen.sendResponse()
    #expect(outcome.body == nil)
    #expect(outcome.changes == ["x-o=1"])
    var withBody = try Driver(configuration, response: [(":status", "403")])
    #expect(withBody.sendResponse("denied").body == "x")
  }

  @Test("never turns a method into one whose response has another length, nor back")
  func methods() throws {
    let configuration = #"{"request":{"set":[{"name":":method","value":"{{ header('x-method') }}"}]}}"#
    for (method, wanted, isSet) in [
      ("GET", "POST", true), ("GET", "HEAD", false), ("HEAD", "GET", false), ("HEAD", "HEAD", true),
      ("POST", "CONNECT", false), ("CONNECT", "GET", false),
    ] {
      var driver = try Driver(configuration, request: [(":method", method), ("x-method", wanted)])
      #expect(driver.sendRequest().changes == (isSet ? [":method=\(wanted)"] : []), "\(method) to \(wanted)")
    }
  }

  @Test("drops content-encoding when the body is replaced, and keeps it when the body stays the same")
  func staleEncoding() throws {
    let headers = [(":method", "POST"), ("content-encoding", "gzip")]
    var replaced = try Driver(#"{"request":{"body":{"value":"plain"}}}"#, request: headers)
    #expect(replaced.sendRequest("zipped").changes == ["-content-encoding"])
    var same = try Driver(#"{"request":{"body":{"value":"{{ body() }}"}}}"#, request: headers)
    #expect(same.sendRequest("zipped").changes.isEmpty)
  }

  @Test("tells templates about the connection, whatever a body claims")
  func connection() throws {
    var driver = try Driver(
      """
      {"request": {"body": {"parseAs": "AsJson"}, "set": [
        {"name": "x-mtls", "value": "{{ connection.mtls }}"}, {"name": "x-tls", "value": "{{ connection.tls_version }}"},
        {"name": "x-sni", "value": "[{{ connection.requested_server_name }}]"}]}}
      """)
    driver.request.attributes = [.mtls: .bool(true), .tlsVersion: .string(Array("TLSv1.3".utf8))]
    #expect(
      driver.sendRequest(#"{"connection":{"mtls":false}}"#).changes
        == ["x-mtls=true", "x-tls=TLSv1.3", "x-sni=[]"])
  }

  @Test(
    "the answer to an upgrade has a body unless the upstream agreed",
    arguments: [
      ("websocket", "101", false), ("websocket", "200", true), ("SPDY/3.1", "426", true),
      ("h2", "101", false),
    ])
  func upgrade(protocolName: String, status: String, isTransformed: Bool) throws {
    var driver = try Driver(
      #"{"request":{"body":{"value":"new"}},"response":{"body":{"value":"<{{ body() }}>"}}}"#,
      request: [(":method", "GET"), (":path", "/"), ("upgrade", protocolName)],
      response: [(":status", status)])
    #expect(driver.sendRequest("sent").body == nil, "nothing of a tunnel is touched")
    #expect(driver.sendResponse("answer").body == (isTransformed ? "<answer>" : nil))
  }

  @Test("a CONNECT that is refused has a body", arguments: [("200", false), ("407", true)])
  func connect(status: String, isTransformed: Bool) throws {
    var driver = try Driver(
      #"{"response":{"body":{"value":"<{{ body() }}>"}}}"#,
      request: [(":method", "CONNECT"), (":authority", "a:1")], response: [(":status", status)])
    _ = driver.sendRequest("sent")
    #expect(driver.sendResponse("answer").body == (isTransformed ? "<answer>" : nil))
  }
}
