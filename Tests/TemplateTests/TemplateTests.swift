import Template
import Testing

@Suite("A template")
struct TemplateTests {
  @Test("without expressions is a constant")
  func constant() throws {
    func constant(_ source: String) throws -> String? {
      try Template(source, name: "t", functions: .none).constant.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(try constant("") == "")
    #expect(try constant("text\n") == "text")
    #expect(try constant("a{# comment #}b{% raw %}{{ c }}{% endraw %}") == "ab{{ c }}")
    #expect(try constant("{{ 'a' }}") == nil)
    #expect(try constant("{% if true %}a{% endif %}") == nil)
  }

  @Test("names itself in its errors")
  func errorText() throws {
    let error = try #require(throws: TemplateError.self) {
      try Template("{{ x | uper }}", name: "chat.request.set[0].value", functions: .none)
    }
    #expect(
      error.description == """
        chat.request.set[0].value:1:8: unknown filter `uper`; did you mean `upper`?
          {{ x | uper }}
                 ^^^^
        """)
    #expect(error.kind == .unknownName)
    #expect(error.sourceLine == "{{ x | uper }}")
  }

  @Test("underlines no more than the line it shows")
  func underlining() throws {
    let error = try #require(try failure("{{ [1,\n2] + 'a' }}"))
    #expect((error.line, error.column, error.length, error.sourceLine) == (1, 4, 3, "{{ [1,"))
  }

  @Test("may be as long as its limit, no longer")
  func length() throws {
    var limits = TemplateLimits()
    limits.sourceBytesMax = 10
    #expect(render("0123456789", limits: limits) == "0123456789")
    #expect(try failure("0123456789a", limits: limits)?.kind == .limit)
  }

  @Test("is shared by threads")
  func threads() async throws {
    let template = try Template(
      "{% for x in [1, [2], {'a': 3}] %}{{ x }}{% endfor %}", name: "t", functions: .none)
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<8 {
        group.addTask {
          var output: [UInt8] = []
          for _ in 0..<100 {
            output = []
            try template.render(RenderContext(root: nil, host: nil), into: &output)
          }
          return output
        }
      }
      for try await output in group { #expect(String(decoding: output, as: UTF8.self) == #"1[2]{"a": 3}"#) }
    }
  }
}
