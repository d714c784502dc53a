import ArgumentParser
import ExtProc
import Server
import Testing

@testable import swiftformations

@Suite("serve: its options")
struct ServeTests {
  @Test("the permissions of the socket are octal digits")
  func socketMode() {
    #expect(SocketMode(argument: "0660")?.bits == 0o660)
    #expect(SocketMode(argument: "777")?.bits == 0o777)
    for argument in ["", "888", "0o660", "1000", "-1", "rw"] {
      #expect(SocketMode(argument: argument) == nil)
    }
    #expect(SocketMode(bits: 0o660).defaultValueDescription == "0660")
  }

  @Test("only TCP that is not loopback is warned of")
  func exposure() throws {
    #expect(Serve.exposure(.unix(path: "/x")) == nil)
    for host in ["127.0.0.1", "127.1.2.3", "::1", "localhost"] {
      #expect(Serve.exposure(.tcp(host: host, port: 1)) == nil)
    }
    for text in ["0.0.0.0:50051", "[::]:50051", "10.0.0.1:50051", "example.com:50051"] {
      let address = try ListenAddress(text)
      #expect(Serve.exposure(address)?.hasPrefix("\(text) is no loopback address") == true)
    }
  }

  @Test("numbers have bounds")
  func bounds() throws {
    _ = try Serve.parse(["--config", "x", "--threads", "4", "--drain-seconds", "0", "--log-level", "DEBUG"])
    for arguments in [
      ["--threads", "-1"], ["--threads", "5000"], ["--drain-seconds", "-1"], ["--log-level", "loud"],
    ] {
      #expect(throws: (any Error).self) { try Serve.parse(["--config", "x"] + arguments) }
    }
    #expect(throws: (any Error).self) { try Serve.parse([]) }
  }

  @Test("undeclared body modes have Envoy's names")
  func undeclaredBodyMode() throws {
    for name in ["NONE", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL", "FULL_DUPLEX_STREAMED", "buffered"] {
      let command = try Serve.parse(["--config", "x", "--undeclared-body-mode", name])
      #expect(command.undeclaredBodyMode?.rawValue == name.uppercased())
    }
    #expect(try Serve.parse(["--config", "x"]).undeclaredBodyMode == nil)
    for name in ["GRPC", "UNDECLARED", "", "none "] {
      #expect(throws: (any Error).self) {
        try Serve.parse(["--config", "x", "--undeclared-body-mode", name])
      }
    }
  }
}
