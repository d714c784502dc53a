internal import NIOSSL
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What TLS listeners show and whom they trust, in force for handshakes that begin now. Connections that are open stay
/// as they are.
package final class TLSIdentity: Sendable {
  private struct State {
    var texts: [[UInt8]]
    var context: NIOSSLContext
    var expiry: Int
  }

  package let files: TLSFiles
  private let state: Mutex<State>

  /// Throws when the files cannot be read, are not PEM, do not belong together, have expired, or are not valid yet.
  package init(_ files: TLSFiles) throws(TLSError) {
    self.files = files
    state = Mutex(try TLSIdentity.load(files, try TLSIdentity.read(files)))
  }

  /// Reads the files again, and takes them into force where they are right; throws where they are not, and what was in
  /// force goes on.
  ///
  /// - Returns: false when they say what they said before.
  package func reload() throws(TLSError) -> Bool {
    let texts = try TLSIdentity.read(files)
    guard state.withLock({ $0.texts }) != texts else { return false }
    let new = try TLSIdentity.load(files, texts)
    // A new context has new keys for session tickets: who was trusted before shakes hands anew.
    state.withLock { $0 = new }
    return true
  }

  var context: NIOSSLContext { state.withLock { $0.context } }

  /// When the server's certificate expires; wall clock, seconds since 1970.
  package var expiry: Int { state.withLock { $0.expiry } }

  // MARK: Loading

  private static func load(_ files: TLSFiles, _ texts: [[UInt8]]) throws(TLSError) -> State {
    let chain = try certificates(files.certificate, texts[0])
    let key: NIOSSLPrivateKey
    do {
      key = try NIOSSLPrivateKey(bytes: texts[1], format: .pem)
    } catch {
      throw TLSError(description: "\(files.key): no private key in PEM without a pass phrase")
    }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    guard let expiry = chain.first?.notValidAfter, expiry > now.tv_sec else {
      throw TLSError(description: "\(files.certificate): the certificate has expired")
    }
    guard let leaf = chain.first, leaf.notValidBefore <= now.tv_sec else {
      throw TLSError(description: "\(files.certificate): the certificate is not valid yet")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = [TLSHandshakeHandler.applicationProtocol]
    // RFC 9113 section 9.2.2: of TLS 1.2's, those with ephemeral keys and authenticated encryption.
    configuration.cipherSuiteValues = [
      .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
      .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
      .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
    if let path = files.clientAuthorities, texts.count > 2 {
      configuration.trustRoots = .certificates(try certificates(path, texts[2]))
      configuration.certificateVerification = .noHostnameVerification
    }
    do {
      return State(texts: texts, context: try NIOSSLContext(configuration: configuration), expiry: expiry)
    } catch {
      throw TLSError(
        description: "\(files.key): the key and \(files.certificate) do not go together: \(error)")
    }
  }

  private static func certificates(_ path: String, _ text: [UInt8]) throws(TLSError) -> [NIOSSLCertificate] {
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(text), !certificates.isEmpty else {
      throw TLSError(description: "\(path): no certificate in PEM")
    }
    return certificates
  }

  private static func read(_ files: TLSFiles) throws(TLSError) -> [[UInt8]] {
    var texts: [[UInt8]] = []
    for path in files.paths { texts.append(try read(path)) }
    return texts
  }

  private static func read(_ path: String) throws(TLSError) -> [UInt8] {
    func failure() -> TLSError { TLSError(description: "\(path): \(String(cString: strerror(errno)))") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure() }
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: chunk.prefix(count))
      guard bytes.count <= TLSFiles.bytesMax else {
        throw TLSError(description: "\(path): longer than \(TLSFiles.bytesMax >> 20) MiB")
      }
    }
  }
}
