import ArgumentParser
import ExtProc
import GRPC
import Logging
import Server
import Transformation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Serve {
  func run() async throws {
    // Before it is read: what is written meanwhile is found by the watch.
    let known = FileIdentity(path: config)
    let (file, configuration) = try LoadedConfiguration.loadFile(config, headerLimits: headerLimits)
    // A peer that is gone is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    let level = logLevel
    let format = logFormat
    let writer = LogWriter()
    defer { writer.flush() }
    let logger = Logger(label: "swiftformations") { _ in format.handler(level, writer) }

    let tls = try tlsReload(logger)
    if tls == nil {
      for warning in addresses.compactMap(Serve.exposure) { logger.warning("\(warning)") }
    }
    let held = HeldMemory(bytesMax: bufferMibMax << 20)
    let service = ProcessService(
      configuration: configuration, options: serviceOptions, held: held, logger: logger)
    let reload = ConfigurationReload(
      path: config, file: file, known: known, headerLimits: headerLimits, logger: logger
    ) {
      service.configuration = $0
      ProgramPages.release()
    }
    let server = Server(options: options(tls?.identity), service: service, logger: logger)
    let housekeeping = Housekeeping(
      everySecond: {
        reload.look()
        tls?.look()
        service.logLeftOut()
        if held.takesBurstEnd() { FreedMemory.giveBack() }
      },
      onHangUp: {
        logger.info("SIGHUP: reading again")
        reload.reload()
        tls?.reload()
      })
    let seconds = drainSeconds
    let signals = ShutdownSignals { name in
      logger.info("\(name): draining for at most \(seconds) s; a second signal ends at once")
      server.shutdown()
    }
    let pages = SidecarPages(
      server: server, service: service, reload: reload, tls: tls, writer: writer
    ).pages
    do {
      let admin = try await startAdmin(pages, logger)
      ProgramPages.release()
      try await server.run()
      await admin?.stop()
    } catch {
      logger.critical("\(error)")
      throw ExitCode.failure
    }
    withExtendedLifetime((signals, housekeeping)) {}
  }

  private func startAdmin(_ pages: AdminPages, _ logger: Logger) async throws -> AdminServer? {
    guard let admin else { return nil }
    let server = try await AdminServer(host: admin.host, port: admin.port, pages: pages)
    logger.info("admin endpoint", metadata: ["address": "\(server.address)"])
    if !ListenAddress.isLoopback(host: admin.host) {
      logger.warning("whoever reaches \(server.address) can read the metrics and the state")
    }
    return server
  }

  /// Nil without TLS. Ends the command where the files are wrong.
  private func tlsReload(_ logger: Logger) throws -> TLSReload? {
    guard let tlsCertificate, let tlsKey else { return nil }
    let files = TLSFiles(certificate: tlsCertificate, key: tlsKey, clientAuthorities: tlsClientCa)
    let known = FileWatch.identities(files.paths)
    do {
      return TLSReload(try TLSIdentity(files), known: known, logger: logger)
    } catch {
      logger.critical("\(error)")
      throw ExitCode.failure
    }
  }

  private func options(_ tls: TLSIdentity?) -> Server.Options {
    var options = Server.Options(listen: addresses)
    options.tls = tls
    options.threads = threads
    options.socketMode = socketMode.bits
    options.drainSeconds = drainSeconds
    options.drainDelaySeconds = drainDelaySeconds
    return options
  }

  private var serviceOptions: ProcessService.Options {
    var options = ProcessService.Options()
    options.allowModeOverride = allowModeOverride
    options.bodySeconds = bodySeconds
    if let undeclaredBodyMode { options.undeclaredBodyMode = undeclaredBodyMode }
    options.headerLimits = headerLimits
    return options
  }
}
