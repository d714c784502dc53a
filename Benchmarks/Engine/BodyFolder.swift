import Glibc

/// The folder with the bodies of the cases.
struct BodyFolder {
  let path: String

  func read(_ name: String) throws(Failure) -> [UInt8] {
    let file = path + "/" + name
    guard let stream = fopen(file, "r") else { throw Failure("cannot read \(file)") }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&piece, 1, piece.count, stream), count > 0 { bytes += piece[..<count] }
    return bytes
  }
}
