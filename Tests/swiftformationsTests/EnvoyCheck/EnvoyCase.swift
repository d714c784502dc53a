import ConfigurationFiles
import Foundation
import Testing
import Transformation

@testable import swiftformations

/// A bootstrap that does not fit, and what is said of it. `Tests/Fixtures/envoy-check` has files of these:
///
/// ```
/// === what is wrong with it
/// [module]                  of module.yaml, not of sidecar.yaml
/// <<<                       transformations in place of those of the base
/// request: …
/// - a line that goes
/// + what comes in its place
/// >>>
/// what is said
/// ```
///
/// A line that goes is found by its text without the blanks around it: the first one, or of several in a row the first
/// behind the one before. What comes is indented as the first of them was.
struct EnvoyCase: Sendable {
  let file: String
  let name: String
  private(set) var base = "sidecar.yaml"
  private(set) var transformations: String?
  private(set) var edits: [Edit] = []
  /// As it must be.
  private(set) var expected = ""
  /// The lines of the case up to what is expected.
  private(set) var source: [Substring] = []

  struct Edit: Sendable {
    var gone: [Substring] = []
    var new: [Substring] = []
  }

  static let folder = Environment.packageFolder.appending(path: "Tests/Fixtures/envoy-check")

  static func text(_ file: String) -> String {
    (try? String(contentsOf: folder.appending(path: file), encoding: .utf8)) ?? ""
  }

  /// What a base fits.
  static func transformations(of base: String) -> String { text("transformations-\(base)") }

  static let files = ["phases.txt", "selection.txt", "headers.txt", "limits.txt", "module.txt"]

  static let all: [EnvoyCase] = files.flatMap(read)

  static func read(_ file: String) -> [EnvoyCase] {
    text(file).components(separatedBy: "\n=== ").dropFirst().map { EnvoyCase($0, file: file) }
  }

  private init(_ text: String, file: String) {
    self.file = file
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    name = lines.first.map(String.init) ?? ""
    let end = lines.firstIndex(of: ">>>") ?? lines.endIndex
    source = Array(lines[..<end])
    var isText = false
    for line in source.dropFirst() {
      switch line.prefix(2) {
      case "- ":
        isText = false
        if edits.last.map({ !$0.new.isEmpty }) ?? true { edits.append(Edit()) }
        edits[edits.count - 1].gone.append(line.dropFirst(2))
      case "+ ": edits[edits.count - 1].new.append(line.dropFirst(2))
      default:
        if line == "<<<" {
          isText = true
        } else if isText {
          transformations = "\(transformations ?? "")\(line)\n"
        } else if line.hasPrefix("[") {
          base = "\(line.dropFirst().dropLast()).yaml"
        }
      }
    }
    expected = lines.dropFirst(end + 1).joined(separator: "\n").trimmingCharacters(in: .newlines)
  }

  /// The base with the edits in it.
  func bootstrap() throws -> String {
    var lines = EnvoyCase.text(base).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for edit in edits {
      var place: Int?
      var next = 0
      var indent = ""
      for gone in edit.gone {
        let index = try #require(
          lines[next...].firstIndex { $0.trimmingCharacters(in: .whitespaces) == gone }, "no line '\(gone)'")
        if place == nil { indent = String(lines[index].prefix { $0 == " " }) }
        place = place ?? index
        lines.remove(at: index)
        next = index
      }
      lines.insert(contentsOf: edit.new.map { indent + $0 }, at: try #require(place))
    }
    return lines.joined(separator: "\n")
  }

  /// What is said of it.
  func report() throws -> String {
    let text = transformations ?? EnvoyCase.transformations(of: base)
    let file = ConfigurationFile(name: "chat.yaml", bytes: Array(text.utf8))
    let configuration = try #require(file.configuration, Comment(rawValue: file.report()))
    let check = EnvoyCheck(file, configuration, name: base, bytes: Array(try bootstrap().utf8))
    return check.report(colour: false).trimmingCharacters(in: .newlines)
  }
}

extension EnvoyCase: CustomTestStringConvertible {
  var testDescription: String { "\(file): \(name)" }
}
