import Foundation
import Testing

@Suite("A machine that runs out", .serialized)
struct ResourceTests {
  private static let failing = """
    request: { set: [ { name: \(Load.header), value: '1' }, { name: x-a, value: "{{ header('none').a.b }}" } ] }
    """

  @Test("a log on a full disk loses lines, and no request")
  func fullDisk() throws {
    let setup = try FaultSetup(
      configuration: Self.failing, options: ["--log-level", "debug"],
      wrapper: ["/bin/sh", "-c", #"exec "$@" 2>/dev/full"#, "sh"])
    let load = try setup.gateway.load(through: "closed")
    try load.waitForMore(300)
    #expect(Set(try load.stop().keys) == [FaultSetup.good])
    #expect(setup.sidecar.process.isRunning)
  }

  @Test("a log that nobody reads holds up no request")
  func deafLog() throws {
    let setup = try FaultSetup(
      configuration: Self.failing, options: ["--log-level", "trace", "--admin", "0"],
      wrapper: ["/bin/bash", "-c", #"exec "$@" 2> >(exec sleep 60)"#, "bash"])
    let load = try setup.gateway.load(through: "closed")
    // More than a pipe holds.
    try load.waitForMore(1_500)
    #expect(Set(try load.stop().keys) == [FaultSetup.good])
    setup.sidecar.process.signal(SIGTERM)
    try setup.sidecar.process.waitForEnd()
    #expect(setup.sidecar.process.exitStatus == 0)
  }

  @Test("without file descriptors it waits and serves those it has, and takes new ones when there are some")
  func descriptors() throws {
    let setup = try FaultSetup(wrapper: ["/bin/sh", "-c", #"ulimit -n 48; exec "$@""#, "sh"])
    let load = try setup.gateway.load(through: "closed", threads: 2)
    try load.wait(for: FaultSetup.good)
    var peers = try (0..<60).map { _ in
      let peer = try RawHTTP2(unixSocket: setup.socket)
      peer.start()
      peer.flush()
      return peer
    }
    // The last one is connected, and not accepted.
    #expect(peers[59].receive(seconds: 1.5) == nil)
    let before = setup.sidecar.processorSeconds
    load.forget()
    #expect(peers[59].receive(seconds: 2) == nil)
    // A server that tried to accept all the time would take all of two seconds, and more with the load.
    let work = Double(load.counts.values.reduce(0, +)) * 0.005
    #expect(setup.sidecar.processorSeconds - before < 1.0 + work)
    let last = peers.removeLast()
    peers = []
    #expect(last.receive()?.isEmpty == false)
    try load.waitForMore(20)
    #expect(Set(try load.stop().keys) == [FaultSetup.good])
  }

  @Test("the wall clock jumps by a day: no deadline is hastened, none is held up")
  func clock() throws {
    let library = "/usr/lib/\(Self.machine)-linux-gnu/faketime/libfaketime.so.1"
    guard FileManager.default.fileExists(atPath: library) else {
      throw Failure("\(library) is missing: `make test` installs what the tests need")
    }
    let folder = try TemporaryFolder()
    let clock = try folder.write("clock", "+0")
    let setup = try FaultSetup(
      configuration: "response: { set: [ { name: x-late, value: 'yes' } ] }",
      options: ["--drain-seconds", "3", "--body-seconds", "60", "--admin", "0"],
      wrapper: [
        "/usr/bin/env", "LD_PRELOAD=\(library)", "FAKETIME_TIMESTAMP_FILE=\(clock)", "FAKETIME_NO_CACHE=1",
        // The library adds to the environment where it is loaded first, and Swift then finds no arguments: so that is env.
        "FAKETIME_DONT_FAKE_MONOTONIC=1", "/usr/bin/env",
      ])
    let port = try setup.gateway.envoy.port(of: "closed")
    for (jump, path) in [("+1d", "/delay/1"), ("-1d", "/delay/2")] {
      let connection = try HTTPConnection(port: port)
      try connection.send(.get(path))
      try waitFor("the upstream has the request") {
        try setup.gateway.envoy.statistic("cluster.upstream.upstream_rq_active") == 1 ? true : nil
      }
      _ = try folder.write("clock", jump)
      #expect(try connection.receive().headers["x-late"] == ["yes"])
    }
    // The log shows that the jump was one. (Asked for by a signal: the library moves Dispatch's timers, which are of the
    // monotonic clock but absolute.)
    _ = try setup.folder.write("c.yaml", "response: { set: [ { name: x-late, value: 'later' } ] }")
    setup.sidecar.process.signal(SIGHUP)
    let line = try setup.sidecar.waitForLog("configuration reloaded")
    let yesterday = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: -86_400)).prefix(10)
    #expect(line.hasPrefix(yesterday))
    // A stream in flight ends a drain at its deadline, in spite of a jump.
    let peer = try RawHTTP2(unixSocket: setup.socket)
    peer.start()
    peer.addCall(1)
    peer.flush()
    #expect(peer.receive()?.isEmpty == false)
    setup.sidecar.process.signal(SIGTERM)
    _ = try folder.write("clock", "-3d")
    try setup.sidecar.process.waitForEnd()
    #expect(setup.sidecar.process.exitStatus == 0)
  }

  private static var machine: String {
    #if arch(arm64)
      "aarch64"
    #else
      "x86_64"
    #endif
  }
}
