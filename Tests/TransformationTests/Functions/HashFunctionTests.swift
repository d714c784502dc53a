import Testing

@testable import Transformation

@Suite("Hashes")
struct HashFunctionTests {
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }

  @Test(
    "SHA-256 gives the digests that NIST publishes with FIPS 180-4",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
      (
        String(repeating: "a", count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func sha256(text: String, digest: String) {
    #expect(hex(Array(text.utf8).withUnsafeBytes { SHA256.hash($0) }) == digest)
  }

  @Test("a text in pieces has the digest of the whole, at every length around a block")
  func pieces() {
    for length in 0...130 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
      let whole = bytes.withUnsafeBytes { SHA256.hash($0) }
      var hash = SHA256()
      for byte in bytes { [byte].withUnsafeBytes { hash.update($0) } }
      #expect(hash.finish() == whole, "\(length)")
    }
  }

  @Test(
    "HMAC gives the digests of RFC 4231",
    arguments: [
      (
        [UInt8](repeating: 0x0b, count: 20), "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ])
  func hmac(key: [UInt8], text: String, digest: String) {
    let bytes = key.withUnsafeBytes { key in Array(text.utf8).withUnsafeBytes { SHA256.hmac(key: key, $0) } }
    #expect(hex(bytes) == digest)
  }

  @Test("templates get hexadecimal digits in lower case")
  func templates() throws {
    #expect(
      try rendered("{{ sha256('abc') }}")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      try rendered("{{ hmac_sha256('Jefe', 'what do ya want for nothing?') }}")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(try rendered("{{ sha256(1) == sha256('1') }}") == "true")
  }
}
