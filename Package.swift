// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: imports are the architecture, so they are internal unless said otherwise.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

let nio = "swift-nio"

let package = Package(
  name: "swiftformations",
  products: [
    .executable(name: "swiftformations", targets: ["swiftformations"]),
    // `make module` links and strips it, as libswiftformations.so.
    .library(name: "EnvoyModule", type: .dynamic, targets: ["EnvoyModule"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
  ],
  targets: [
    // The engine: standard library only, so that it can live inside Envoy.
    .target(name: "JSON", swiftSettings: strict),
    .target(name: "Template", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "Transformation", dependencies: ["Template", "JSON"], swiftSettings: strict),

    // Configuration files, JSON and YAML: what all commands read.
    .target(name: "ConfigurationFiles", dependencies: ["Transformation", "Yams"], swiftSettings: strict),

    // The sidecar.
    .systemLibrary(
      name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "CMessages", dependencies: ["CProtobufC"]),
    .target(name: "HTTP2", dependencies: ["CNghttp2"], swiftSettings: strict),
    .target(name: "GRPC", dependencies: ["HTTP2"], swiftSettings: strict),
    .target(
      name: "ExtProc",
      dependencies: [
        "GRPC", "Transformation", "JSON", "CMessages", .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .target(
      name: "Server",
      dependencies: [
        "ExtProc", "GRPC", "HTTP2", "Transformation", "CNghttp2", "CMessages",
        .product(name: "NIOCore", package: nio), .product(name: "NIOPosix", package: nio),
        .product(name: "NIOHTTP1", package: nio), .product(name: "NIOTLS", package: nio),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .executableTarget(
      name: "swiftformations",
      dependencies: [
        "Server", "ExtProc", "ConfigurationFiles", "Transformation", "Template", "JSON",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),

    // The dynamic module: inside Envoy's process, so standard library only.
    .target(name: "CEnvoyModule"),
    .target(
      name: "EnvoyModule", dependencies: ["Transformation", "CEnvoyModule"], swiftSettings: strict),

    // The mock LLM of the demo and the tests; no part of the product.
    .executableTarget(
      name: "mock-llm",
      dependencies: [
        .product(name: "NIOCore", package: nio), .product(name: "NIOPosix", package: nio),
        .product(name: "NIOHTTP1", package: nio),
      ], swiftSettings: strict),

    // What the differential test compares with minijinja and RE2; no part of the product.
    .executableTarget(
      name: "template-render", dependencies: ["Transformation", "Template", "JSON"], swiftSettings: strict),

    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strict),
    .testTarget(
      name: "TemplateTests", dependencies: ["Template", "JSON"], exclude: ["Cases"], swiftSettings: strict),
    .testTarget(
      name: "TransformationTests", dependencies: ["Transformation", "Template", "JSON"],
      swiftSettings: strict),
    // A client and a method for the tests of the sidecar's parts, and what reads their logs and metrics.
    .target(
      name: "TestPeers",
      dependencies: ["GRPC", "HTTP2", "CNghttp2", .product(name: "Logging", package: "swift-log")],
      path: "Tests/Peers", swiftSettings: strict),
    // The messages of ext_proc with protobuf-c, which shares no code with how the processor reads and writes them.
    .target(name: "CExtProc", dependencies: ["CMessages", "CProtobufC"], path: "Tests/CExtProc"),
    .testTarget(
      name: "HTTP2Tests", dependencies: ["HTTP2", "GRPC", "TestPeers", "CNghttp2"], swiftSettings: strict),
    .testTarget(
      name: "GRPCTests", dependencies: ["GRPC", "HTTP2", "TestPeers", "CNghttp2"], swiftSettings: strict),
    .testTarget(
      name: "ExtProcTests",
      dependencies: [
        "ExtProc", "GRPC", "HTTP2", "Transformation", "TestPeers", "CExtProc",
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "Server", "ExtProc", "GRPC", "HTTP2", "TestPeers", "CNghttp2",
        .product(name: "NIOPosix", package: nio),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .testTarget(
      name: "ConfigurationFilesTests", dependencies: ["ConfigurationFiles", "Transformation"],
      swiftSettings: strict),
    .testTarget(
      name: "swiftformationsTests",
      dependencies: [
        "swiftformations", "Server", "ExtProc", "ConfigurationFiles", "Transformation", "Template",
      ],
      swiftSettings: strict),
    // Runs the module in the host of Tests/ModuleHost, not in the tests' process.
    .testTarget(name: "EnvoyModuleTests", dependencies: ["EnvoyModule"], swiftSettings: strict),
    .testTarget(
      name: "EnvoyTests",
      dependencies: ["swiftformations", "ConfigurationFiles", "Transformation", "CNghttp2", "Yams"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// The benchmark needs RapidJSON; `make bench-engine` installs it and asks for these targets.
if Context.environment["BENCHMARKS"] != nil {
  package.targets += [
    .target(name: "AllocationCount", path: "Benchmarks/AllocationCount"),
    // RapidJSON 1.1 has a function that cannot be compiled and that nobody calls; newer compilers look at it.
    .target(
      name: "Yardstick", path: "Benchmarks/Yardstick",
      cxxSettings: [.unsafeFlags(["-fdelayed-template-parsing"])]),
    .executableTarget(
      name: "step-benchmark", dependencies: ["Transformation"], path: "Benchmarks/Steps",
      swiftSettings: strict),
    .executableTarget(
      name: "engine-benchmark", dependencies: ["AllocationCount", "Yardstick", "Transformation"],
      path: "Benchmarks/Engine", swiftSettings: strict),
  ]
}

// Needs libFuzzer of the Swift toolchain; `make fuzz` asks for these targets and for its instrumentation.
if Context.environment["FUZZ"] != nil {
  package.targets += [
    .target(name: "FuzzDriver", path: "Tests/Fuzz/Driver"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "FuzzDriver", "ConfigurationFiles", "Transformation", "Template", "JSON", "ExtProc", "GRPC", "HTTP2",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/Fuzz/Targets", swiftSettings: strict),
  ]
}
