import Testing

@testable import Server

@Suite struct ListenAddressTests {
  @Test("a Unix socket and a port are told apart, and written back as they were read")
  func forms() throws {
    let expected: [(String, ListenAddress)] = [
      ("unix:/run/a.sock", .unix(path: "/run/a.sock")), ("unix:a.sock", .unix(path: "a.sock")),
      ("127.0.0.1:50051", .tcp(host: "127.0.0.1", port: 50051)),
      ("localhost:0", .tcp(host: "localhost", port: 0)),
      ("[::1]:50051", .tcp(host: "::1", port: 50051)), ("[::]:65535", .tcp(host: "::", port: 65535)),
    ]
    for (text, address) in expected {
      #expect(try ListenAddress(text) == address)
      #expect("\(address)" == text)
    }
  }

  @Test(
    "a text that names no address is refused with its reason",
    arguments: [
      ("", "there is no port"), ("50051", "there is no port"), ("host:", "the port is not a number"),
      ("host:http", "the port is not a number"), ("host:70000", "the port is not a number"),
      ("host:+1", "the port is not a number"), ("host:-1", "the port is not a number"),
      (":50051", "there is no host"), ("[]:1", "there is no host"), ("::1:50051", "stands in brackets"),
      ("unix:", "there is no path"), ("unix:/run/", "the path is a directory"),
      ("unix:/" + String(repeating: "a", count: 107), "the path has 108 bytes, a Unix socket's at most 107"),
    ])
  func refusals(text: String, reason: String) {
    let error = #expect(throws: ListenAddress.ParseError.self) { try ListenAddress(text) }
    #expect(error?.description.contains(reason) == true)
    #expect(error?.description.contains("write unix:PATH or HOST:PORT") == true)
  }

  @Test("a path of 107 bytes is accepted")
  func longest() throws {
    _ = try ListenAddress("unix:/" + String(repeating: "a", count: 106))
  }
}
