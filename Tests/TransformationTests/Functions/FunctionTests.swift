import Testing

@testable import Transformation

@Suite("The functions of transformations")
struct FunctionTests {
  @Test("body() is the text as it came, in headers and bodies alike")
  func body() throws {
    #expect(try rendered("<{{ body() }}>", body: "häßlich") == "<häßlich>")
    #expect(try rendered("<{{ body() }}>") == "<>")
    #expect(try rendered("{{ body() | upper }}", body: "abc") == "ABC")
  }

  @Test("context() is the whole JSON, an array too")
  func context() throws {
    #expect(try rendered("{{ context()[1] }}", body: "[1,2]", parseAs: "AsJson") == "2")
    #expect(try rendered("{{ context() }}", body: #""text""#, parseAs: "AsJson") == "text")
  }

  @Test("env() reads the environment, and absent variables are empty")
  func env() throws {
    #expect(try rendered("{{ env('PATH') }}").contains("/"))
    #expect(try rendered("[{{ env('SURELY_NOT_SET_') }}]") == "[]")
    #expect(try rendered("[{{ env('SURELY_NOT_SET_', required=false) }}]") == "[]")
    #expect(try rendered("{{ env('PATH', required=true) }}").contains("/"))
    #expect(
      try rendered("Bearer {{ env('SURELY_NOT_SET_', required=true) }}")
        == "failure: request.set[0] rendering_failed")
  }

  @Test(
    "base64 encodes and decodes both alphabets, and gives nothing for what is not base64 or not text",
    arguments: [
      ("base64_encode('hello')", "aGVsbG8="), ("base64_decode('aGVsbG8=')", "hello"),
      ("base64_encode('??>>')", "Pz8+Pg=="), ("base64url_encode('??>>')", "Pz8-Pg"),
      ("base64url_decode('Pz8-Pg')", "??>>"), ("base64url_decode('Pz8-Pg==')", "??>>"),
      ("base64_decode('*')", "(removed)"), ("base64_decode('/w==')", "(removed)"),
      ("base64_decode('aGVsbG8')", "(removed)"), ("base64_decode('aGVsbG9=')", "(removed)"),
    ])
  func base64(call: String, expected: String) throws {
    #expect(try rendered("{{ \(call) }}") == expected)
  }

  @Test(
    "replace_with_string replaces every occurrence",
    arguments: [
      ("replace_with_string('a-b-c', '-', '+')", "a+b+c"), ("replace_with_string('aaa', 'aa', 'b')", "ba"),
      ("replace_with_string('abc', '', '-')", "-a-b-c-"), ("replace_with_string('é', '', '-')", "-é-"),
      ("replace_with_string('', '', '-')", "-"), ("replace_with_string('abc', 'abcd', 'x')", "abc"),
      ("replace_with_string('abc', 'c', '')", "ab"),
    ])
  func replace(call: String, expected: String) throws {
    #expect(try rendered("{{ \(call) }}") == expected)
  }

  @Test("replace_with_random puts one text of 22 characters in every place")
  func random() throws {
    let value = try rendered("{{ replace_with_random('x|x', 'x') }}")
    let halves = value.split(separator: "|")
    #expect(halves.count == 2 && halves[0] == halves[1] && halves[0].utf8.count == 22, "\(value)")
  }

  @Test("raw_string escapes for JSON, without quotes")
  func rawString() throws {
    var driver = try Driver(
      #"{"request":{"body":{"parseAs":"AsJson","value":"{\"c\":\"{{ raw_string(content) }}\"}"}}}"#)
    #expect(
      driver.sendRequest(#"{"content":"say \"hi\"\n\\ \u0001 é"}"#).body
        == #"{"c":"say \"hi\"\n\\ \u0001 é"}"#)
  }
}
