import Template
import Testing

@testable import Transformation

/// Envoy is asked for what functions declare; in a deployment that asks for nothing else, what is read undeclared is empty.
@Suite("Functions declare what they read")
struct DeclaredReadsTests {
  @Test(
    "what a function looks up, it has declared", arguments: HostFunctions.table.functions.map(\.name),
    ["'x-a'", "0"])
  func headers(name: String, argument: String) throws {
    let function = try #require(HostFunctions.table.functions.first { $0.name == name })
    let arguments = function.parameters.prefix(function.required).map { _ in argument }
    let template = "{{ \(name)(\(arguments.joined(separator: ", "))) }}"
    // An argument of the wrong type may be an error of the configuration.
    let (configuration, _) = Configuration.load(json: Array(setting(template).utf8))
    guard let transformation = configuration?.transformations["default"] else { return }
    let source = MessageSource([(":path", "/x-a?x-a=1"), ("cookie", "x-a=1"), ("x-a", "1")])
    // Where a body matters, the exchange looks at how it is framed.
    let framing: Set<String> = [":method", "upgrade", "content-type", "content-encoding", "content-length"]
    let read = Self.lookups(transformation, source).subtracting(framing)
    let declared = transformation.needs.request
    #expect(declared.readsAnyHeader || read.isSubset(of: declared.headersRead))
    let declares = declared.readsAnyHeader || !declared.headersRead.isEmpty
    #expect(declares == function.reads.contains { ![.bodyText, .document].contains($0) })
  }

  @Test("the functions that read the body")
  func body() {
    let functions = HostFunctions.table.functions
    #expect(functions.filter { $0.reads.contains(.bodyText) }.map(\.name) == ["body"])
    #expect(functions.filter { $0.reads.contains(.document) }.map(\.name) == ["context"])
  }

  private static func lookups(_ transformation: Transformation, _ source: MessageSource) -> Set<String> {
    var exchange = Exchange(transformation)
    var mutations = Mutations()
    _ = exchange.headers(.request, source, endOfStream: true, into: &mutations)
    return Set(source.lookups)
  }
}
