import Testing

@testable import swiftformations

@Suite("what `check` prints of a good configuration")
struct NeedsTableTests {
  @Test("phases, what is read and what is written, for each transformation; then the routes")
  func whole() throws {
    #expect(
      NeedsTable(configuration: try Fixture.configuration(Fixture.chat)).text == """
        TRANSFORMATION  PHASE     ENVOY SENDS    HEADERS READ             BODY FIELDS READ  HEADERS WRITTEN  BODY      METADATA WRITTEN
        chat            request   headers, body  x-user                   messages          x-debug          replaced  com.example
                                                                          model             x-model
                        response  headers        x-upstream                                 x-served-by
                                                 x-user (of the request)
        default         request   headers                                                   x-static
                        response  nothing

        ROUTE       TRANSFORMATION
        chat-route  chat

        """)
  }

  @Test("an empty configuration has a transformation that needs nothing")
  func nothing() throws {
    #expect(
      NeedsTable(configuration: try Fixture.configuration("{}")).text == """
        TRANSFORMATION  PHASE     ENVOY SENDS
        default         request   nothing
                        response  nothing

        """)
    #expect(
      NeedsTable(configuration: try Fixture.configuration("transformations: {}")).text
        == "There are no transformations: everything passes unchanged.\n")
  }
}
