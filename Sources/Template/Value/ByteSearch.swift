extension String {
  /// The text with all occurrences of a word, which is not empty, replaced. Without the library of regular expressions,
  /// whose function of that kind would come into the module with all of it.
  func substituting(_ word: String, by other: String) -> String {
    var result: [UInt8] = []
    Array(utf8).withUnsafeBytes { text in
      Array(word.utf8).withUnsafeBytes { word in
        let search = ByteSearch(word)
        var copied = 0
        while let place = search.first(in: text, from: copied) {
          result += text[copied..<place]
          result += other.utf8
          copied = place + word.count
        }
        result += text[copied...]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// Finds bytes in bytes, in time that grows with the sum of both lengths: both may come from a client.
package struct ByteSearch {
  private let needle: UnsafeRawBufferPointer
  /// For each prefix of the needle, the length of the longest prefix that is a proper suffix of it. Empty for short
  /// needles, which are compared at every place.
  private var fallback: [Int32] = []

  private static let comparedBytesMax = 4

  /// `needle` is borrowed for the life of the search and not empty.
  package init(_ needle: UnsafeRawBufferPointer) {
    self.needle = needle
    guard needle.count > Self.comparedBytesMax else { return }
    fallback = [Int32](repeating: 0, count: needle.count)
    var length = 0
    for position in 1..<needle.count {
      while length > 0, needle[position] != needle[length] { length = Int(fallback[length - 1]) }
      if needle[position] == needle[length] { length += 1 }
      fallback[position] = Int32(truncatingIfNeeded: length)
    }
  }

  /// Where the needle first starts at or after `start`.
  package func first(in haystack: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let head = needle.first, haystack.count - start >= needle.count else { return nil }
    if fallback.isEmpty {
      var position = start
      let last = haystack.count - needle.count
      while position <= last {
        if haystack[position] == head, matches(haystack, at: position) { return position }
        position += 1
      }
      return nil
    }
    var length = 0
    var position = start
    while position < haystack.count {
      if length == 0, haystack[position] != head {
        position += 1
        continue
      }
      while length > 0, haystack[position] != needle[length] { length = Int(fallback[length - 1]) }
      if haystack[position] == needle[length] { length += 1 }
      position += 1
      if length == needle.count { return position - length }
    }
    return nil
  }

  private func matches(_ haystack: UnsafeRawBufferPointer, at position: Int) -> Bool {
    for offset in 1..<max(1, needle.count) where haystack[position + offset] != needle[offset] {
      return false
    }
    return true
  }

  static func contains(_ needle: UnsafeRawBufferPointer, in haystack: UnsafeRawBufferPointer) -> Bool {
    if needle.isEmpty || needle.count > haystack.count { return needle.isEmpty }
    return ByteSearch(needle).first(in: haystack, from: 0) != nil
  }
}
