import Testing

@testable import Transformation

@Suite("Lists of header values, cookies, and the parts of the path")
struct RequestFunctionTests {
  @Test("header_values is a list of the values as they came")
  func values() throws {
    #expect(try rendered("{{ header_values('X-Many') | join('|') }}") == "one|two")
    #expect(try rendered("{{ header_values('x-many') | length }}") == "2")
    #expect(try rendered("{{ header_values('x-none') | length }}") == "0")
    #expect(try rendered("{{ request_header_values('x-many')[-1] }}") == "two")
    #expect(try rendered("{% for v in header_values('x-many') %}<{{ v }}>{% endfor %}") == "<one><two>")
  }

  @Test("of set-cookie, which is no list, header is the first, and header_values all")
  func setCookie() throws {
    let cookies = [
      (":status", "200"), ("set-cookie", "a=1, x"), ("set-cookie", "b=2"), ("set-cookie", "c=3"),
    ]
    var driver = try Driver(
      #"""
      {"response":{"set":[{"name":"x-first","value":"{{ header('Set-Cookie') }}"},
        {"name":"x-all","value":"{{ header_values('set-cookie')|join(' and ') }}"},
        {"name":"x-none","value":"<{{ request_header('set-cookie') }}>"}]}}
      """#, response: cookies)
    _ = driver.sendRequest()
    #expect(driver.sendResponse().changes == ["x-first=a=1, x", "x-all=a=1, x and b=2 and c=3", "x-none=<>"])
  }

  @Test(
    "cookie finds the first cookie of that name, to the letter",
    arguments: [
      ("a=1; b=2", "b", "2"), ("a=1;b=2", "b", "2"), ("a=1; a=2", "a", "1"), ("A=1; a=2", "a", "2"),
      ("a=\"q\"", "a", "q"), ("a=x=y", "a", "x=y"), ("a = 1 ", "a", "1"), ("a=; b=1", "a", ""),
      ("a", "a", ""),
      ("", "a", ""), (";;=;a", "a", ""), ("ab=1", "a", ""), ("a=\"", "a", "\""), ("a=\"\"", "a", ""),
    ])
  func cookie(header: String, name: String, value: String) throws {
    #expect(
      try rendered("<{{ cookie('\(name)') }}>", request: [(":path", "/"), ("cookie", header)]) == "<\(value)>"
    )
  }

  @Test(
    "get_cookie finds the first cookie of that name as it stands, get_cookie_i whatever the case",
    arguments: [
      ("a=1; b=2", "b", "2", "2"), ("A=1; a=2", "a", "2", "1"), ("Session=x", "sESSION", "", "x"),
      ("a=\"1\"", "a", "\"1\"", "\"1\""), ("a = 1=2 ;b", "a", "1=2", "1=2"), ("=1; a=2", "", "", ""),
      ("b", "b", "", ""), ("", "a", "", ""),
    ])
  func getCookie(header: String, name: String, exact: String, anyCase: String) throws {
    let request = [(":path", "/"), ("cookie", header)]
    #expect(try rendered("<{{ get_cookie('\(name)') }}>", request: request) == "<\(exact)>")
    #expect(try rendered("<{{ get_cookie_i('\(name)') }}>", request: request) == "<\(anyCase)>")
  }

  @Test(
    "get_cookie_i finds one of several cookies of a name by its index, from 0 on, over all headers",
    arguments: [(0, "1"), (1, "2"), (2, "3"), (3, ""), (-1, "")])
  func getCookieAt(index: Int, value: String) throws {
    let request = [("cookie", "a=1; b=9; A=2"), ("cookie", "a=3")]
    #expect(try rendered("<{{ get_cookie_i('a', \(index)) }}>", request: request) == "<\(value)>")
  }

  @Test("cookies may come in several headers")
  func severalCookies() throws {
    let request = [("cookie", "a=1"), ("cookie", "b=2; c=3")]
    #expect(try rendered("{{ cookie('c') }}{{ cookie('a') }}{{ cookie('d') }}", request: request) == "31")
  }

  @Test(
    "query decodes a parameter, the first of its name",
    arguments: [
      ("/p?a=1&b=2", "b", "2"), ("/p?a=1&a=2", "a", "1"), ("/p?q=a+b%20c", "q", "a b c"),
      ("/p?q=%C3%BC", "q", "ü"),
      ("/p?a%20b=1", "a b", "1"), ("/p?a+b=1", "a b", "1"), ("/p?a", "a", ""), ("/p?a=", "a", ""),
      ("/p", "a", ""),
      ("/p?a=x=y", "a", "x=y"), ("/p?a=1#b=2", "b", ""), ("/p?a=%", "a", "%"), ("/p?a=%4", "a", "%4"),
      ("/p?a=%zz%41", "a", "%zzA"), ("/p?a=%%41", "a", "%A"), ("/p?&&a=1&", "a", "1"),
      ("/p?a=1?b=2", "a", "1?b=2"),
    ])
  func query(path: String, name: String, value: String) throws {
    #expect(try rendered("<{{ query('\(name)') }}>", request: [(":path", path)]) == "<\(value)>")
  }

  @Test(
    "path_segment counts from 0, and from the end below it",
    arguments: [
      ("/v1/chat/completions", 0, "v1"), ("/v1/chat/completions", 2, "completions"), ("/v1/chat", 2, ""),
      ("/v1/chat?x=/y", -1, "chat"), ("/v1/chat/", -1, "chat"), ("/a/b/", 2, ""), ("//", 0, ""),
      ("/v1/chat", -3, ""), ("/", 0, ""),
      ("", 0, ""),
      ("/a%2Fb/c+d", 0, "a/b"), ("/a%2Fb/c+d", 1, "c+d"), ("/a//b", 1, ""), ("/a//b", 2, "b"), ("*", 0, "*"),
      ("/a", Int.min, ""), ("/a", Int.max, ""),
    ])
  func pathSegment(path: String, index: Int, value: String) throws {
    #expect(try rendered("<{{ path_segment(\(index)) }}>", request: [(":path", path)]) == "<\(value)>")
  }

  @Test("a request without a path, and bytes that are no UTF-8, are harmless")
  func hostile() throws {
    #expect(try rendered("<{{ query('a') }}{{ path_segment(0) }}{{ cookie('a') }}>", request: []) == "<>")
    #expect(try rendered("<{{ query('a') | length }}>", request: [(":path", "/?a=%ff%fe")]).hasPrefix("<"))
    #expect(
      try rendered("{{ query('a') }}", request: [(":path", "/?a=x%0d%0ay")])
        == "failure: request.set[0] invalid_header_value")
  }

  @Test("what they read is known when the configuration is loaded, and kept for the response")
  func needs() throws {
    let template =
      "{{ query('a') }}{{ cookie('c') }}{{ request_header_values('X-A') }}{{ header_values('X-B') }}"
    var needs = try loaded(setting(template)).transformations["default"]?.needs
    #expect(needs?.request.headersRead == [":path", "cookie", "x-a", "x-b"])
    #expect(needs?.request.readsAnyHeader == false)
    let response = #"{"response":{"set":[{"name":"x-out","value":"\#(template)"}]}}"#
    needs = try loaded(response).transformations["default"]?.needs
    #expect(needs?.response.headersRead == ["x-b"])
    #expect(needs?.requestHeadersForResponse == [":path", "cookie", "x-a"])
    #expect(needs?.request.headers == true)
  }

  @Test("a response's templates see the request's path and cookies")
  func response() throws {
    let template =
      "{{ query('q') }} {{ path_segment(-1) }} {{ cookie('c') }} {{ request_header_values('x-many') }}"
    var driver = try Driver(
      #"{"response":{"set":[{"name":"x-out","value":"\#(template)"}]}}"#,
      request: [(":path", "/v1/chat?q=1"), ("cookie", "c=2"), ("x-many", "one"), ("x-many", "two")])
    _ = driver.sendRequest()
    #expect(driver.sendResponse().changes == [#"x-out=1 chat 2 ["one", "two"]"#])
  }
}
