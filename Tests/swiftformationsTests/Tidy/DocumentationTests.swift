import Testing

/// What the documentation names is there.
@Suite("the documentation names what is there")
struct DocumentationTests {
  /// Names of types and of proxies that are not ours.
  private static let foreign: Set<String> = ["ProcessingRequest", "Struct", "Regex", "Envoy", "C"]
  /// A name that stands for many.
  private static let placeholders: Set<String> = ["Benchmarks/results/DATE/"]

  @Test("files and folders", arguments: DocumentationPage.all.map(\.path))
  func files(_ path: String) throws {
    let page = try #require(DocumentationPage.all.first { $0.path == path })
    let named = page.quoted.filter {
      $0.wholeMatch(of: /(?:Sources|Tests|Benchmarks|deploy|docs|proto)\/[\w.*\/+-]*/) != nil
    }
    for name in named where !Self.placeholders.contains(name) {
      #expect(Self.exists(name), "\(path) names \(name)")
    }
  }

  @Test("links, and the headings that they lead to", arguments: DocumentationPage.all.map(\.path))
  func links(_ path: String) throws {
    let page = try #require(DocumentationPage.all.first { $0.path == path })
    for link in page.prose.matches(of: /\]\(([^)#:]*)(?:#([^)]*))?\)/) {
      let target = link.1.isEmpty ? path : Self.resolve(String(link.1), from: path)
      #expect(Self.exists(target), "\(path) leads to \(link.1)")
      guard let anchor = link.2, let page = DocumentationPage.all.first(where: { $0.path == target }) else {
        continue
      }
      #expect(page.anchors.contains(String(anchor)), "\(path) leads to \(target)#\(anchor)")
    }
  }

  @Test("files by the ends of their paths, in the architecture's page")
  func architectureFiles() {
    let named = DocumentationPage.named("architecture").quoted.filter {
      $0.wholeMatch(of: /[A-Z]\w+\/[\w.\/+]*|\w+\.(?:swift|c|h)/) != nil
    }
    #expect(named.count > 20)
    for name in named { #expect(Self.exists(name), "docs/architecture.md names \(name)") }
  }

  @Test("types, in the architecture's page and in what it draws")
  func types() {
    let page = DocumentationPage.named("architecture")
    let known = SourceTree.types.union(SourceTree.targets).union(SourceTree.files.map(\.stem))
      .union(Self.foreign)
    let named = page.quoted.filter { $0.wholeMatch(of: /[A-Z]\w*(?:\.[A-Z]\w*)*/) != nil }
      .filter { $0.contains { $0.isLowercase } }
    let drawn = page.fenced.matches(of: /\b[A-Z]\w*/).map { String($0.0) }
    #expect(named.count > 50 && drawn.count > 20)
    for name in named.flatMap({ $0.split(separator: ".") }).map(String.init) + drawn {
      #expect(known.contains(name), "docs/architecture.md names \(name)")
    }
  }

  /// Whether something in the repository has a path that ends so; `*` stands for one name.
  private static func exists(_ name: String) -> Bool {
    let wanted = name.split(separator: "/")
    if wanted.count == 1, SourceTree.read(name) != nil { return true }
    return paths.contains { path in
      path.count >= wanted.count
        && zip(path.suffix(wanted.count), wanted).allSatisfy { $1 == "*" || $0 == $1 }
    }
  }

  private static let paths = SourceTree.paths.map { $0.split(separator: "/") }

  private static func resolve(_ link: String, from page: String) -> String {
    var parts = page.split(separator: "/").dropLast().map(String.init)
    for part in link.split(separator: "/") {
      if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
    }
    return parts.joined(separator: "/")
  }
}
