import JSON
import Template
import Testing

@Suite("A render context")
struct RenderContextTests {
  @Test("without a body refuses to read names, and nothing else")
  func noBody() throws {
    let error = try #require(try failure("a {{ model }}", nil))
    #expect(error.kind == .noContext)
    #expect(error.detail == "cannot read `model`: there is no JSON body")
    #expect((error.line, error.column, error.length) == (1, 6, 5))
    #expect(try failure("{{ model is defined }}", nil)?.kind == .noContext)
    #expect(try failure("{{ a.b }}", nil)?.kind == .noContext)
    #expect(
      render("{% set x = 1 %}{{ x }}{% for i in [1] %}{{ i }}{{ loop.index }}{% endfor %}", nil) == "111")
  }

  @Test("serves one rendering after the other")
  func reused() throws {
    let document = try JSONDocument.index(owning: Array(#"{"names": ["a", "b"]}"#.utf8))
    let context = RenderContext(root: document.root, host: nil)
    let template = try Template(
      "{% for n in names %}{% set x = n %}{{ x }}{% endfor %}{% macro m() %}{{ names }}{% endmacro %}{{ m() }}",
      name: "t",
      functions: .none)
    let broken = try Template(
      "{% for n in names %}{% set x %}{{ n }}{{ 1 // 0 }}{% endset %}{% endfor %}", name: "t",
      functions: .none)
    for _ in 0..<3 {
      var output: [UInt8] = []
      try template.render(context, into: &output)
      #expect(String(decoding: output, as: UTF8.self) == #"ab["a", "b"]"#)
      #expect(throws: TemplateError.self) { try broken.render(context, into: &output) }
    }
    context.root = nil
    var output: [UInt8] = []
    #expect(throws: TemplateError.self) { try template.render(context, into: &output) }
  }

  @Test(
    "leaves the output as it was when rendering fails",
    arguments: [
      "new {{ 1 // 0 }}", "new {% set x %}more {{ 1 // 0 }}{% endset %}",
      "{% filter upper %}a{% filter lower %}{{ a.b.c }}",
      "{% macro m() %}deep {{ 1 // 0 }}{% endmacro %}{{ 'a' }}{{ m() }}",
      "{% for x in [1] recursive %}{{ loop(5)|upper }}{% endfor %}",
    ])
  func failureKeepsOutput(_ source: String) throws {
    let source =
      source.contains("endfilter") || !source.contains("filter")
      ? source : source + "{% endfilter %}{% endfilter %}"
    let template = try Template(source, name: "t", functions: .none)
    let document = try JSONDocument.index(owning: Array(#"{"a": {}}"#.utf8))
    var output = Array("before".utf8)
    #expect(throws: TemplateError.self) {
      try template.render(RenderContext(root: document.root, host: nil), into: &output)
    }
    #expect(output == Array("before".utf8))
  }

  @Test("appends to what is there")
  func appends() throws {
    var output = Array("a".utf8)
    try Template("b", name: "t", functions: .none).render(RenderContext(root: nil, host: nil), into: &output)
    try Template("{{ 'c' }}{% filter upper %}d{% endfilter %}", name: "t", functions: .none)
      .render(RenderContext(root: nil, host: nil), into: &output)
    #expect(output == Array("abcD".utf8))
  }

  @Test("renderings of one context share what it has left, and say whose limit it was")
  func sharedSteps() throws {
    let loop = try Template("{% for i in range(100) %}{% endfor %}x", name: "template", functions: .none)
    let direct = try Template("y", name: "template", functions: .none)
    let context = RenderContext(root: nil, host: nil)
    context.stepsLeft = 1_000
    var output: [UInt8] = []
    let error = #expect(throws: TemplateError.self) {
      for _ in 0..<20 { try loop.render(context, into: &output) }
    }
    #expect(!output.isEmpty && output.count < 10)
    #expect(error?.detail == "all renderings of the phase took more than 12000000 steps together")
    #expect(context.stepsLeft <= 0)
    context.stepsLeft = TemplateLimits.sharedStepsMax
    try loop.render(context, into: &output)
    try direct.render(context, into: &output)
    #expect(output.suffix(2) == Array("xy".utf8)[...])
    // Who asks for more has it alone.
    var limits = TemplateLimits.standard
    limits.stepsMax = TemplateLimits.sharedStepsMax + 1
    context.stepsLeft = 0
    try Template("{% for i in range(100) %}{% endfor %}", name: "template", functions: .none, limits: limits)
      .render(
        context, into: &output)
  }
}
