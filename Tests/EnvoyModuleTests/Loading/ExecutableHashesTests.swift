import Foundation
import Testing

@testable import EnvoyModule

@Suite("The hash of the ABI in Envoy's executable")
struct ExecutableHashesTests {
  private static let first = String(repeating: "0123456789abcdef", count: 4)
  private static let second = String(repeating: "fedcba9876543210", count: 4)

  /// Written to a file and read back in windows of so many bytes.
  private func found(in bytes: [UInt8], windowBytes: Int = 1 << 20) throws -> [String] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let hashes = try #require(ExecutableHashes.read(file.path, windowBytes: windowBytes))
    return hashes.map { String(decoding: $0, as: UTF8.self) }
  }

  private func text(_ parts: String...) -> [UInt8] { Array(parts.joined(separator: "\0").utf8) }

  @Test("is found wherever it stands, also where two windows meet", arguments: [66, 100, 257, 4096])
  func anywhere(windowBytes: Int) throws {
    for offset in stride(from: 1, to: 400, by: 7) {
      let bytes =
        [UInt8](repeating: UInt8(ascii: "a"), count: offset) + text("", Self.first, "", Self.second, "x")
      #expect(try found(in: bytes, windowBytes: windowBytes) == [Self.first, Self.second], "at \(offset)")
    }
  }

  @Test("is not what is longer, shorter, in capitals, or not between NULs")
  func others() throws {
    #expect(try found(in: text("a", Self.first + "0", "b")).isEmpty)
    #expect(try found(in: text("a", String(Self.first.dropLast()), "b")).isEmpty)
    #expect(try found(in: text("a", Self.first.uppercased(), "b")).isEmpty)
    #expect(try found(in: text(Self.first, "b")).isEmpty)
    #expect(try found(in: text("a", Self.first)).isEmpty)
    #expect(
      try found(in: text("a", String(decoding: ExecutableHashes.ofNothing, as: UTF8.self), "b")).isEmpty)
    #expect(try found(in: []).isEmpty)
  }

  @Test("is named once")
  func twice() throws {
    #expect(try found(in: text("a", Self.first, "b", Self.first, "c")) == [Self.first])
  }

  @Test("is the known one in the Envoys that compare it", arguments: ["1.36.4", "1.37.0"])
  func ofEnvoy(version: String) throws {
    let known = version == "1.36.4" ? ABIVersion.of36 : ABIVersion.of37
    let hashes = try #require(ExecutableHashes.read(".envoy/\(version)/envoy"))
    #expect(hashes.map { String(decoding: $0, as: UTF8.self) } == [known.description])
  }
}
