/// One transformation to measure, and what it must give.
struct Case {
  let name: String
  /// The configuration, as a filter's JSON.
  let configuration: String
  /// The file of the request's body; nil: the request has none.
  let body: String?
  /// The file whose parse by RapidJSON is the unit.
  let unit: String
  /// What is to be spent at most: nanoseconds on the machine of reference, and units anywhere.
  let nanosecondsMax: Double
  let unitsMax: Double
  let expected: Expectation

  struct Expectation {
    /// Set, as `name: value`, in order.
    let headers: [String]
    /// The file that the new body must equal; nil: the body stays.
    let bodyFile: String?
  }
}

extension Case {
  static let all = [setsHeaders, readsSmallBody, readsLargeBody, rebuildsBody]

  private static let small = "chat-825.json"
  private static let large = "chat-27k.json"

  private static let setsHeaders = Case(
    name: "two headers, no body",
    configuration: #"""
      {"request": {"set": [
        {"name": "x-receiver", "value": "{{ request_header(\"x-donor\") }}"},
        {"name": "x-static", "value": "yes"}]}}
      """#,
    body: nil, unit: small, nanosecondsMax: 600, unitsMax: 0.5,
    expected: Expectation(headers: ["x-receiver: north-3", "x-static: yes"], bodyFile: nil))

  private static let readsSmallBody = Case(
    name: "one field of 825 bytes", configuration: modelToHeader, body: small, unit: small,
    nanosecondsMax: 1100, unitsMax: 1,
    expected: Expectation(headers: ["x-model: claude-haiku-4"], bodyFile: nil))

  private static let readsLargeBody = Case(
    name: "the last field of 27 kB", configuration: modelToHeader, body: large, unit: large,
    nanosecondsMax: 17_000, unitsMax: 0.5,
    expected: Expectation(headers: ["x-model: claude-haiku-4"], bodyFile: nil))

  private static let rebuildsBody = Case(
    name: "body of 825 bytes rebuilt",
    configuration: #"""
      {"request": {
        "body": {"parseAs": "AsJson", "value": "{\"model\":\"{{ model }}\",\"count\":{{ messages|length }},\"messages\":[{% for m in messages %}{\"role\":\"{{ m.role }}\",\"text\":\"{{ raw_string(m.content) }}\"}{% if not loop.last %},{% endif %}{% endfor %}]}"},
        "set": [{"name": "x-model", "value": "{{ model }}"}]}}
      """#,
    body: small, unit: small, nanosecondsMax: 3500, unitsMax: 3,
    expected: Expectation(headers: ["x-model: claude-haiku-4"], bodyFile: "chat-825-rebuilt.json"))

  private static let modelToHeader = #"""
    {"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-model", "value": "{{ model }}"}]}}
    """#
}
