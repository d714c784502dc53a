import Testing

@testable import Transformation

@Suite("accept-encoding of a request whose response is read")
struct AcceptEncodingTests {
  private static let reading =
    #""response":{"body":{"parseAs":"AsJson"},"set":[{"name":"x","value":"{{ id }}"}]}"#
  private static let headers = [(":method", "GET"), ("accept-encoding", "gzip, br")]

  @Test("is removed, since only a plain body can be read")
  func removed() throws {
    var driver = try Driver("{\(Self.reading)}", request: Self.headers)
    #expect(driver.sendRequest().changes == ["-accept-encoding"])
  }

  @Test("stays where nothing reads the response's body, and where there is none")
  func kept() throws {
    var unread = try Driver(#"{"response":{"set":[{"name":"x","value":"1"}]}}"#, request: Self.headers)
    #expect(unread.sendRequest().changes == [])
    var absent = try Driver("{\(Self.reading)}")
    #expect(absent.sendRequest().changes == [])
  }

  @Test("is the configuration's where that speaks of it")
  func configured() throws {
    var driver = try Driver(
      "{\(Self.reading),\"request\":{\"set\":[{\"name\":\"Accept-Encoding\",\"value\":\"identity\"}]}}",
      request: Self.headers)
    #expect(driver.sendRequest().changes == ["accept-encoding=identity"])
  }
}
