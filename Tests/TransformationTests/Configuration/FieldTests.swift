import Testing

@testable import Transformation

@Suite("The fields of a configuration")
struct FieldTests {
  /// A field, and the way to it from the top.
  struct Place: CustomTestStringConvertible {
    let top: ConfigurationObject
    let way: [String]
    let about: FieldDescription

    /// As a diagnostic has it: `request.set[0].name`.
    var path: String {
      way.reduce("") { path, key in
        if Int(key) != nil { return "\(path)[\(key)]" }
        return path.isEmpty ? key : "\(path).\(key)"
      }
    }

    var testDescription: String { path }

    /// A configuration with `value` there. What else its object has is there, too.
    func document(_ value: String) -> String { Self.document(way[...], .object(top), value) }

    private static func document(_ way: ArraySlice<String>, _ type: FieldType, _ value: String) -> String {
      guard let key = way.first else { return value }
      let rest = way.dropFirst()
      switch type {
      case .object(let object), .templateOr(let object):
        let members = object.fields.map { field in
          let value =
            field.name == key ? document(rest, field.about.type, value) : values(of: field.about.type)[0]
          return "\"\(field.name)\": \(value)"
        }
        return "{\(members.joined(separator: ", "))}"
      case .list(let element): return "[\(document(rest, element, value))]"
      case .map(let element): return "{\"\(key)\": \(document(rest, element, value))}"
      default: return value
      }
    }
  }

  static let all = [ConfigurationObject.transformation, .file].flatMap { top in
    places(in: .object(top), from: top, way: [])
  }

  private static func places(in type: FieldType, from top: ConfigurationObject, way: [String]) -> [Place] {
    switch type {
    case .object(let object), .templateOr(let object):
      object.fields.flatMap { field in
        [Place(top: top, way: way + [field.name], about: field.about)]
          + places(in: field.about.type, from: top, way: way + [field.name])
      }
    case .list(let element): places(in: element, from: top, way: way + ["0"])
    case .map(let value): places(in: value, from: top, way: way + ["n"])
    default: []
    }
  }

  static func values(of type: FieldType) -> [String] {
    switch type {
    case .text, .template, .templateOr: ["\"1\"", "1.0", "true"]
    case .name: ["\"x-a\""]
    case .flag: ["true", "false"]
    case .number(let bounds), .status(let bounds): ["\(bounds.lowerBound)", "\(bounds.upperBound)"]
    case .choice(let choices): choices.map { "\"\($0)\"" }
    case .object, .map: ["{}"]
    case .list: ["[]"]
    }
  }

  static func faults(of type: FieldType) -> [String] {
    switch type {
    case .text, .template, .name: ["[]", "{}"]
    case .templateOr: ["[]"]
    case .flag: ["\"yes\"", "1", "[]"]
    case .number(let bounds), .status(let bounds):
      ["\(bounds.lowerBound - 1)", "\(bounds.upperBound + 1)", "\"\(bounds.lowerBound)\"", "400.5", "[]"]
    case .choice: ["\"Nope\"", "[]"]
    case .object, .map: ["[]", "\"a\"", "1"]
    case .list: ["{}", "\"a\"", "1"]
    }
  }

  @Test("are read as they are described", arguments: all)
  func values(_ place: Place) {
    for value in Self.values(of: place.about.type) {
      let found = Configuration.load(json: Array(place.document(value).utf8)).diagnostics
      #expect(found.filter { $0.severity == .error } == [], "\(value)")
      #expect(!found.contains { $0.message.hasPrefix("unknown field") }, "\(value)")
    }
  }

  @Test("are refused where they hold something else", arguments: all)
  func faults(_ place: Place) {
    for value in Self.faults(of: place.about.type) {
      let found = Configuration.load(json: Array(place.document(value).utf8)).diagnostics
      #expect(found.contains { $0.severity == .error && $0.path == place.path }, "\(value): \(found)")
    }
  }

  @Test("have a sentence each, which ends")
  func sentences() {
    for place in Self.all { #expect(place.about.sentence.last == ".", "\(place.path)") }
  }

  @Test(
    "that stand in a wrong place are told where they belong",
    arguments: [
      (#"{"response": {"clearRouteCache": true}}"#, "response.clearRouteCache", "`request`"),
      (#"{"request": {"parseAs": "AsJson"}}"#, "request.parseAs", "`request.body`"),
      (#"{"response": {"parseAs": "AsJson"}}"#, "response.parseAs", "`response.body`"),
      (#"{"request": {}, "set": []}"#, "set", "`request` or `response`"),
      (#"{"request": {"name": "a"}}"#, "request.name", "an entry of `request.set` or `request.add`"),
      (#"{"request": {"body": {"shape": "AWS"}}}"#, "request.body.shape", "`request.failurePolicy`"),
      (
        #"{"request": {"set": [{"name": "a", "stringValue": "b"}]}}"#, "request.set[0].stringValue",
        "`request.dynamicMetadata[].value`"
      ),
      (
        #"{"transformations": {"a.b": {"response": {"status": 500}}}}"#,
        "transformations.a.b.response.status", "`response.failurePolicy`"
      ),
      (
        #"{"transformations": {}, "remove": []}"#, "remove",
        "`transformations.NAME.request` or `transformations.NAME.response`"
      ),
      (
        #"{"transformations": {"a": {"routes": {}}}}"#, "transformations.a.routes",
        "the top of the configuration"
      ),
      (#"{"request": {"secrets": {}}}"#, "request.secrets", "the top of a transformation"),
    ])
  func misplaced(json: String, path: String, expected: String) {
    let found = Configuration.load(json: Array(json.utf8)).diagnostics
    let name = path.split(separator: ".").last ?? ""
    let preposition = expected.hasPrefix("the top") ? "at" : "in"
    #expect(
      found.map { "\($0.path) \($0.message)" } == [
        "\(path) unknown field `\(name)` is ignored; it belongs \(preposition) \(expected)"
      ])
  }

  @Test("are found by the way to them")
  func objects() {
    func names(_ path: [String]) -> [String]? {
      ConfigurationObject.configuration.object(at: path)?.fields.map(\.name)
    }
    #expect(names([]) == Configuration.fields)
    #expect(names(["transformations", "a.b"]) == ["request", "response", "limits", "secrets"])
    #expect(names(["transformations", "a.b", "response", "set", "12"]) == ["name", "value"])
    #expect(names(["response"])?.contains("clearRouteCache") == false)
    #expect(names(["request", "dynamicMetadata", "0", "value"]) == ["stringValue"])
    #expect(names(["request", "set", "name"]) == nil)
    #expect(names(["secrets", "a", "b"]) == nil)
    #expect(names(["nope"]) == nil)
  }

  @Test("that hold secrets, or names, are known")
  func secrecy() {
    #expect(FieldPlaces.secret == ["secrets"])
    #expect(FieldPlaces.named == ["name", "key"])
    #expect(FieldPlaces.listsOfNames == ["remove"])
    #expect(FieldPlaces.inherited == ["limits", "secrets"])
  }
}
