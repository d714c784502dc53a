import Testing

@testable import Template

@Suite("The search for bytes")
struct ByteSearchTests {
  private func positions(of needle: String, in haystack: String) -> [Int] {
    Array(needle.utf8).withBytes { needle in
      Array(haystack.utf8).withBytes { haystack in
        let search = ByteSearch(needle)
        var found: [Int] = []
        while let next = search.first(in: haystack, from: (found.last ?? -1) + 1) { found.append(next) }
        return found
      }
    }
  }

  @Test("finds every place")
  func places() {
    #expect(positions(of: "a", in: "banana") == [1, 3, 5])
    #expect(positions(of: "ana", in: "banana") == [1, 3])
    #expect(positions(of: "x", in: "banana") == [])
    #expect(positions(of: "banana", in: "ban") == [])
  }

  @Test("agrees with itself for short and long needles")
  func long() {
    // The same text, searched for by comparing and by the table of prefixes.
    for period in 1...5 {
      let unit = String("abcde".prefix(period))
      let haystack = String(repeating: unit, count: 40) + "x" + String(repeating: unit, count: 40)
      for length in [3, 16, 17, 40] {
        let needle = String(haystack.prefix(length))
        let expected = (0...(haystack.utf8.count - length)).filter {
          haystack.dropFirst($0).hasPrefix(needle)
        }
        #expect(positions(of: needle, in: haystack) == expected)
      }
    }
  }

  @Test("takes time that grows with the lengths, not with their product")
  func linear() {
    let haystack = [UInt8](repeating: 0x61, count: 400_000)
    let needle = [UInt8](repeating: 0x61, count: 200_000) + [0x62]
    #expect(!needle.withBytes { needle in haystack.withBytes { ByteSearch.contains(needle, in: $0) } })
  }
}
