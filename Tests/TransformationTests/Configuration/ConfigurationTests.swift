import Testing

@testable import Transformation

@Suite("A configuration")
struct ConfigurationTests {
  @Test("names transformations and chooses them by route")
  func named() throws {
    let configuration = try loaded(
      """
      {"transformations": {"default": {}, "chat": {"request": {"set": [{"name": "a", "value": "b"}]}}},
       "routes": {"chat-route": "chat"}}
      """)
    #expect(configuration.transformations.keys.sorted() == ["chat", "default"])
    #expect(configuration.routes["chat-route"]?.name == "chat")
    #expect(configuration.fallback?.name == "default")
  }

  @Test("that is a single transformation is the default one")
  func single() throws {
    #expect(try loaded(#"{"request": {"remove": ["x"]}}"#).fallback?.needs.request.headersWritten == ["x"])
  }

  @Test("may have fields that only a newer version knows, and says which it ignores")
  func unknownFields() throws {
    #expect(
      diagnostics("{\"requets\": {},\n \"response\": {\"sett\": []}}") == [
        "1:2 warning requets: unknown field `requets` is ignored; did you mean `request`?",
        "2:15 warning response.sett: unknown field `sett` is ignored; did you mean `set`?",
      ])
    #expect(try loaded(#"{"response": {}, "newer": {"thing": [1]}}"#).fallback != nil)
  }

  @Test(
    "reports every fault, each with its place",
    arguments: [
      (#"{"request": []}"#, "1:13 error request: expected an object, found a list"),
      (#"{"request": {"set": {}}}"#, "1:21 error request.set: expected a list, found an object"),
      (
        #"{"request": {"set": [{"value": "x"}]}}"#,
        "1:22 error request.set[0]: the field `name` is missing: the header's name"
      ),
      (
        #"{"request": {"remove": ["a b"]}}"#,
        "1:25 error request.remove[0]: `a b` is not a header name: letters, digits and !#$%&'*+-.^_`|~ only (RFC 9110, 5.1), with `:` in front for a pseudo-header"
      ),
      (
        #"{"request": {"body": {"parseAs": "AsJSON"}}}"#,
        "1:34 error request.body.parseAs: `AsJSON` is not one of AsString, AsJson, None; did you mean `AsJson`?"
      ),
      (
        #"{"request": {"set": [{"name": "Content-Length", "value": "1"}]}}"#,
        "1:31 error request.set[0].name: `content-length` cannot be set: it is computed from the body; delete this entry"
      ),
      (
        #"{"request": {"dynamicMetadata": [{"namespace": "n"}]}}"#,
        "1:34 error request.dynamicMetadata[0]: an entry of dynamicMetadata needs `namespace`, `key` and `value`: {stringValue: …}"
      ),
      (
        #"{"transformations": {"a": {}}, "routes": {"r": "b"}}"#,
        "1:48 error routes.r: there is no transformation named `b`; did you mean `a`?"
      ),
      (
        #"{"request": {"set": [], "set": []}}"#,
        "1:25 error request.set: the field `set` is given twice, first in line 1; keep one"
      ),
      (
        #"{"request": {"failurePolicy": {"status": 200}}}"#,
        "1:42 error request.failurePolicy.status: expected a status from 400 to 599, as a number"
      ),
    ])
  func faults(json: String, expected: String) {
    #expect(diagnostics(json) == [expected])
  }

  @Test("says where JSON text is broken")
  func syntaxError() throws {
    let found = try #require(diagnostics("{\"request\":\n  {]}").first)
    #expect(found.hasPrefix("2:4 error : this is not valid JSON: "), "\(found)")
  }

  @Test("points at the fault inside a template")
  func templateFault() throws {
    let found = try #require(
      diagnostics("{\"request\": {\"set\": [{\"name\": \"a\",\n  \"value\": \"x {{ b | uper }}\"}]}}").first)
    #expect(found.hasPrefix("2:22 error request.set[0].value: "), "\(found)")
    #expect(found.contains("upper"))
  }

  @Test("points past escapes inside a template")
  func templateFaultAfterEscapes() throws {
    let found = try #require(
      diagnostics(#"{"request": {"set": [{"name": "a", "value": "\u00e9\n\"{{ )"}]}}"#).first)
    #expect(found.hasPrefix("1:59 error request.set[0].value: "), "\(found)")
  }

  @Test("finds a JSON field that nothing parses when it is loaded")
  func unparsedField() {
    #expect(
      diagnostics(#"{"request": {"set": [{"name": "x-model", "value": "{{ model }}"}]}}"#) == [
        "1:55 error request.set[0].value: `model` names a field of a JSON body, but the body is not parsed as JSON; set request.body.parseAs to AsJson"
      ])
    #expect(diagnostics(#"{"response": {"body": {"value": "{{ context() }}"}}}"#).count == 1)
    #expect(
      diagnostics(setting("{% set x = 1 %}{{ x }}{% for y in [1] %}{{ y }}{{ loop.index }}{% endfor %}"))
        .isEmpty)
  }

  @Test("knows what each transformation needs")
  func needs() throws {
    let needs = try #require(
      loaded(
        """
        {"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "X-Model", "value": "{{ model }}{{ header('X-A') }}"}],
          "dynamicMetadata": [{"namespace": "n", "key": "k", "value": {"stringValue": "{{ connection.mtls }}"}}]},
         "response": {"add": [{"name": "x-b", "value": "{{ request_header('X-C') }}{{ header('d') }}"}]}}
        """
      ).fallback
    ).needs
    #expect(needs.request.body && needs.request.headers && !needs.request.replacesBody)
    #expect(needs.request.fieldsRead == ["model"])
    #expect(needs.request.headersRead == ["x-a"])
    #expect(needs.request.headersWritten == ["x-model"])
    #expect(needs.request.metadataNamespaces == ["n"])
    #expect(needs.connectionAttributes == [.mtls])
    #expect(needs.response.headers && !needs.response.body)
    #expect(needs.response.headersRead == ["d"])
    #expect(needs.requestHeadersForResponse == ["x-c"])
  }

  @Test("refuses more headers than Envoy takes in one answer")
  func tooManyHeaders() throws {
    let many = (0...100).map { #"{"name": "x-\#($0)", "value": "1"}"# }.joined(separator: ",")
    let found = try #require(diagnostics(#"{"request": {"set": [\#(many)]}}"#).first)
    #expect(found.contains("at most 100 headers"), "\(found)")
  }

  @Test(
    "an Envoy with another limit takes as many as that",
    arguments: [(200, 200, true), (200, 201, false), (50, 50, true), (50, 51, false), (1, 1, true)])
  func headersOfEnvoy(_ headersMax: Int, _ count: Int, _ isTaken: Bool) {
    var limits = HeaderLimits()
    limits.headersMax = headersMax
    let sets = (0..<count).map { #"{"name": "x-\#($0)", "value": "1"}"# }.joined(separator: ",")
    let text = #"{"request": {"set": [\#(sets)]}}"#
    let (configuration, diagnostics) = Configuration.load(json: Array(text.utf8), headerLimits: limits)
    #expect((configuration != nil) == isTaken, "\(diagnostics)")
  }

  @Test("a limit that leaves no room to remove headers with a new body lets a new body be set")
  func fewHeadersOfEnvoy() {
    var limits = HeaderLimits()
    limits.headersMax = 1
    let text = #"{"request": {"body": {"value": "x"}}}"#
    #expect(Configuration.load(json: Array(text.utf8), headerLimits: limits).configuration != nil)
  }

  @Test(
    "knows which headers a message has",
    arguments: [
      (
        #"{"request": {"set": [{"name": ":status", "value": "200"}]}}"#,
        "a request has no `:status`; it has :method, :path, :authority, :scheme"
      ),
      (
        #"{"response": {"set": [{"name": ":path", "value": "/"}]}}"#,
        "a response has no `:path`; it has :status"
      ),
      (#"{"request": {"add": [{"name": ":path", "value": "/"}]}}"#, "`:path` has one value: use `set`"),
      (
        #"{"request": {"set": [{"name": ":path", "value": "nopath"}]}}"#,
        "the value is not a path: it must start with `/` and hold visible ASCII characters but `#`"
      ),
      (#"{"request": {"remove": [":path"]}}"#, "Envoy never removes `:path`"),
      (
        #"{"request": {"set": [{"name": "a", "value": "x\n\n"}]}}"#,
        "the value holds the control character LF (\\n), which no header can carry; YAML's `>-` and `|-` leave the last line break out"
      ),
      (
        #"{"request": {"set": [{"name": "a", "value": "{{ connection.mtl }}"}]}}"#,
        "`connection` has no attribute `mtl`; it is always empty; did you mean `mtls`?"
      ),
      (
        #"{"request": {"body": {"parseAs": "None"}, "set": [{"name": "a", "value": "{{ body() }}"}]}}"#,
        "body() is always empty, because `parseAs: None` leaves the body alone"
      ),
      (
        #"{"request": {"set": [{"name": "a", "value": "{{ body }}"}]}}"#,
        "`body` names a field of a JSON body, but the body is not parsed as JSON; set request.body.parseAs to AsJson, or call the function: `body(…)`"
      ),
      (
        #"{"request": {"set": [{"name": "a", "value": "{% if header('x') %}{% set y = 1 %}{% endif %}{{ y }}"}]}}"#,
        "`y` is set on some of the ways that lead here only, and on the others names a field of a JSON body, but the body is not parsed as JSON; set request.body.parseAs to AsJson"
      ),
      (
        #"{"request": {"set": [{"name": "a", "value": "{{ header('x') == null }}"}]}}"#,
        "`null` is written `none` here; else it names a field of a JSON body, but the body is not parsed as JSON; set request.body.parseAs to AsJson"
      ),
      (
        #"{"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "a", "value": "{{ a == null }}"}]}}"#,
        "`null` is a name here, and undefined where the body has no field of that name: write `none`"
      ),
      (
        #"{"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "a", "value": "{{ headers.X-Incoming-Stuff.0 }}"}]}}"#,
        "this subtracts; a name with `-` is written `headers[\"X-Incoming-Stuff\"][0]`"
      ),
    ])
  func meaningless(json: String, message: String) throws {
    let found = Configuration.load(json: Array(json.utf8)).diagnostics
    #expect(found.map(\.message) == [message])
  }

  @Test("takes numbers and booleans for text")
  func scalars() throws {
    var driver = try Driver(
      #"{"request": {"set": [{"name": "a", "value": 1.0}, {"name": "b", "value": true}]}}"#)
    #expect(driver.sendRequest().changes == ["a=1.0", "b=true"])
  }

  @Test("a diagnostic underlines something, also where a field has no name")
  func emptyFieldName() {
    let diagnostics = Configuration.load(json: Array(#"{"": 1}"#.utf8)).diagnostics
    #expect(diagnostics.map(\.length) == [1])
  }

  @Test("places in one long line are counted in characters, from the nearest mark")
  func longLine() throws {
    let text = String(repeating: "\u{e4}b", count: 700) + "\n" + String(repeating: "\u{1F600}", count: 300)
    let bytes = Array(text.utf8)
    let lines = LineIndex(bytes)
    var (line, column) = (1, 1)
    var offset = 0
    for scalar in text.unicodeScalars {
      #expect(lines.location(of: offset) == SourceLocation(line: line, column: column))
      offset += String(scalar).utf8.count
      if scalar == "\n" { (line, column) = (line + 1, 1) } else { column += 1 }
    }
    #expect(lines.location(of: bytes.count) == SourceLocation(line: 2, column: 301))
    #expect(lines.location(of: bytes.count + 9) == SourceLocation(line: 2, column: 301))
  }

  @Test(
    "a place is found by reading a few bytes, on one line of a mebibyte too, from as few marks as that takes")
  func marks() {
    let transformation = #""chat":{"request":{"set":[{"name":"x-model","value":"{{ model }}"}]}},"#
    let line = Array(String(repeating: transformation, count: (1 << 20) / transformation.utf8.count).utf8)
    let offsets = LineIndex(line).marks.map { Int($0.offset) }
    #expect(zip(offsets, offsets.dropFirst()).allSatisfy { $1 - $0 <= LineIndex.stride })
    #expect(line.count - (offsets.last ?? 0) <= LineIndex.stride)
    #expect(offsets.count == line.count / LineIndex.stride + 1)
    #expect(LineIndex(Array(repeating: 0x0A, count: 1000)).marks.count == 1001)
  }
}
