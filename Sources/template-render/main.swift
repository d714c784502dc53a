/// Renders templates for the differential test: one JSON object a line in, one a line out, in the same order.
///
/// In: `{"template": "…", "context": {…}}`, with the functions of transformations when `host` is true. Out: `{"output": "…"}`, or `{"error": "…", "kind": "…", "phase": "compiling" or "rendering"}`.
/// Every answer is written at once, so that after a crash the first line without an answer is the one that caused it.
import JSON
import Template
import Transformation

#if canImport(Glibc)
  import Glibc
#endif

func answer(_ line: String) -> [UInt8] {
  var answer: [UInt8] = []
  func add(_ key: String, _ text: [UInt8]) {
    answer += Array((answer.isEmpty ? "{" : ", ").utf8)
    JSONWriter.appendString(key, to: &answer)
    answer += Array(": ".utf8)
    JSONWriter.appendString(text, to: &answer)
  }

  var phase = "compiling"
  do {
    let request = try JSONDocument.index(owning: Array(line.utf8)).root
    let source = String(decoding: request.member("template")?.string ?? [], as: UTF8.self)
    let functions = request.member("host")?.kind == .true ? HostFunctions.table : .none
    let template = try Template(source, name: "template", functions: functions)
    phase = "rendering"
    var output: [UInt8] = []
    try template.render(RenderContext(root: request.member("context"), host: nil), into: &output)
    add("output", output)
  } catch {
    add("error", Array("\(error)".utf8))
    if let error = error as? TemplateError { add("kind", Array(error.kind.rawValue.utf8)) }
    add("phase", Array(phase.utf8))
  }
  answer += Array("}\n".utf8)
  return answer
}

while let line = readLine() {
  var unwritten = answer(line)[...]
  while !unwritten.isEmpty {
    let count = unwritten.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    guard count > 0 else { exit(1) }
    unwritten = unwritten.dropFirst(count)
  }
}
