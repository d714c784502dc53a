import Testing

/// Envoy sends the name of the sidecar's cluster as `:authority`, and a cluster may be named anything.
@Suite("The name of the sidecar's cluster")
struct ClusterNameTests {
  /// As Istio, kgateway and Envoy Gateway name them, and as nobody should.
  private static let names = [
    "outbound|50051||swiftformations.default.svc.cluster.local", "kube_default_swiftformations_50051",
    "envoyextensionpolicy/default/swiftformations/extproc/0", "a cluster", "[::1", "a@b:c", "ümlaut",
  ]

  private static let gateways = Gateways { version in
    try Gateway(
      version,
      listeners: names.enumerated().map { number, name in
        .init(name: "listener-\(number)", filter: ExtProcFilter(cluster: name))
      }, transformations: "request: { set: [ { name: x-a, value: b } ] }")
  }

  @Test("makes no difference", arguments: EnvoyVersion.allCases, names.indices)
  func name(version: EnvoyVersion, number: Int) throws {
    let gateway = try Self.gateways[version]
    let seen = try gateway.exchange(.post("/anything", "hello"), through: "listener-\(number)").upstream()
    #expect(seen.headers["x-a"] == ["b"])
    #expect(seen.body == "hello")
    #expect(gateway.sidecar?.process.log.contains("stream re") == false)
  }
}
