import Testing
import Transformation

@testable import ConfigurationFiles

@Suite("files that hold no configuration")
struct ForeignDocumentTests {
  private func report(_ text: String) -> String {
    ConfigurationFile(name: "f", bytes: Array(text.utf8)).report()
  }

  @Test(
    "a file that says nothing is an error",
    arguments: ["", " \n", "# nothing yet\n", "---\n", "~", "null", "\u{FEFF}"])
  func empty(_ text: String) {
    let file = ConfigurationFile(name: "f", bytes: Array(text.utf8))
    #expect(file.configuration == nil)
    #expect(report(text).contains("error: the file is empty; a configuration that does nothing is {}\n"))
  }

  @Test("{} says on purpose that nothing is done: a warning", arguments: ["{}", "# on purpose\n{}\n"])
  func nothing(_ text: String) {
    let file = ConfigurationFile(name: "f", bytes: Array(text.utf8))
    #expect(file.configuration?.fallback?.needs.isNothing == true)
    #expect(file.diagnostics.map(\.severity) == [.warning])
    #expect(report(text).contains("warning: a configuration that does nothing\n"))
  }

  @Test("a policy of kgateway's: what to take is told")
  func trafficPolicy() {
    let text = """
      apiVersion: gateway.kgateway.dev/v1alpha1
      kind: TrafficPolicy
      metadata: { name: chat }
      spec:
        extProc: { processingMode: { request: { body: Buffered } } }
        transformation:
          request:
            set: [{ name: x-a, value: "1" }]
      """
    #expect(
      report(text) == """
        f:1:1: error: this is a Kubernetes manifest (TrafficPolicy of gateway.kgateway.dev/v1alpha1), not a \
        configuration; take from it what is under spec.transformation
          1 | apiVersion: gateway.kgateway.dev/v1alpha1
            | ^^^^^^^^^^

        """)
  }

  @Test(
    "the place of a transformation in other documents",
    arguments: [
      (
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  chat.yaml: |\n    request: { remove: [x-a] }\n",
        "take from it the text of data[\"chat.yaml\"]"
      ),
      (
        "apiVersion: v1\nkind: List\nitems:\n- spec: { transformation: { response: { body: { parseAs: AsJson } } } }\n",
        "take from it what is under items[0].spec.transformation"
      ),
      (
        "apiVersion: v1\nkind: ConfigMap\ndata: { a: 'transformations: { chat: { request: { add: [] } } }' }",
        "take from it the text of data.a"
      ),
      (
        #"{"filter_config": {"value": "{\"request\": {\"set\": []}}"}}"#,
        "this is not a configuration; take from it the text of filter_config.value"
      ),
      (
        "apiVersion: v1\nkind: Service\nspec: { request: {} }\n",
        "not a configuration; it has no transformation in it"
      ),
      ("requst: { set: [] }", "`transformations` and `routes`; did you mean `request`?"),
      ("a: 1\nb: 2\n", "none of a configuration's fields is here: `request` and `response`, or `transf"),
    ])
  func places(_ text: String, _ expected: String) {
    let report = report(text)
    #expect(report.contains("error: ") && report.contains(expected), "\(report)")
    #expect(report.split(separator: "\n").count { $0.contains("error") } == 1)
  }

  @Test("each field that is told is one that a configuration has", arguments: Configuration.fields)
  func fields(_ field: String) {
    #expect(!report("\(field): {}\nrequest: {}\n").contains("unknown field"))
    #expect(!report("\(field): {}\n").contains("none of"))
  }

  @Test("text in text does not hold the reader up")
  func nested() {
    let text = (0..<1000).map { "k\($0): 'request: {'\n" }.joined()
    #expect(report(text).contains("none of a configuration's fields is here"))
  }
}
