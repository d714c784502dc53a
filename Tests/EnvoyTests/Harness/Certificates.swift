import Foundation

/// Certificates for a test, made by the `openssl` program in a folder of its own.
final class Certificates: Sendable {
  let folder: String

  init(in folder: TemporaryFolder) throws {
    self.folder = folder.file("certificates")
    try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: false)
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// A root: `NAME.crt` and `NAME.key`.
  func makeAuthority(_ name: String) throws {
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
      "-subj", "/CN=\(name)", "-keyout", path("\(name).key"), "-out", path("\(name).crt"))
  }

  /// A certificate for `sidecar.test`: `NAME.crt` and `NAME.key`.
  ///
  /// - Parameter days: from now; one that is negative has expired.
  func make(_ name: String, signedBy authority: String, days: Int = 30) throws {
    try openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
      "-keyout", path("\(name).key"), "-out", path("\(name).csr"))
    try "subjectAltName=DNS:sidecar.test\n".write(
      toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
    try openssl(
      "x509", "-req", "-in", path("\(name).csr"), "-CA", path("\(authority).crt"), "-CAkey",
      path("\(authority).key"),
      "-CAcreateserial", "-days", "\(days)", "-extfile", path("\(name).ext"), "-out", path("\(name).crt"))
  }

  /// Puts one pair in the place of another, each file by a rename.
  func replace(_ name: String, by other: String) throws {
    for suffix in ["crt", "key"] {
      try FileManager.default.copyItem(atPath: path("\(other).\(suffix)"), toPath: path("new.\(suffix)"))
      guard rename(path("new.\(suffix)"), path("\(name).\(suffix)")) == 0 else {
        throw Failure("rename: \(String(cString: strerror(errno)))")
      }
    }
  }

  private func openssl(_ arguments: String...) throws {
    let log = path("openssl.log")
    let process = try ChildProcess("openssl", "/usr/bin/openssl", arguments, logFile: log)
    try process.waitForEnd()
    guard process.exitStatus == 0 else { throw Failure("openssl \(arguments): \(process.log)") }
  }

  /// Envoy's side: a fragment of the cluster.
  ///
  /// - Parameters:
  ///   - identity: what Envoy shows; nil shows nothing.
  ///   - authority: whom Envoy trusts.
  func transportSocket(identity: String?, trusting authority: String, more: String = "") -> String {
    let certificate = identity.map { name in
      """
      tls_certificates: [ {
        certificate_chain: { filename: "\(path("\(name).crt"))" }, private_key: { filename: "\(path("\(name).key"))" }
      } ],
      """
    }
    return """
      transport_socket: { name: tls, typed_config: {
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext,
        sni: sidecar.test,
        common_tls_context: {
          \(certificate ?? "")
          \(more)
          validation_context: {
            trusted_ca: { filename: "\(path("\(authority).crt"))" },
            match_typed_subject_alt_names: [ { san_type: DNS, matcher: { exact: sidecar.test } } ]
          }
        }
      } },
      """
  }
}
