import TestPeers
import Testing

@testable import ExtProc

@Suite struct MetricsTests {
  @Test("a time falls into the first bucket whose bound it does not exceed")
  func buckets() {
    #expect(PhaseTimes.bucket(of: 0) == 0)
    #expect(PhaseTimes.bucket(of: 5_000) == 0)
    #expect(PhaseTimes.bucket(of: 5_001) == 1)
    #expect(PhaseTimes.bucket(of: 2_500_000_000) == PhaseTimes.boundsMicroseconds.count - 1)
    #expect(PhaseTimes.bucket(of: .max) == PhaseTimes.boundsMicroseconds.count)
    #expect(PhaseTimes.boundsMicroseconds == PhaseTimes.boundsMicroseconds.sorted())
  }

  @Test("the counters of all loops are added up, each phase by itself")
  func sums() {
    let metrics = Metrics()
    let loops = [metrics.addLoop(), metrics.addLoop()]
    for loop in loops {
      loop.addExchange(TransformationLabels.noneNumber)
      loop.add(.replies)
      loop.record(.responseBody, nanoseconds: 7_000)
      loop.record(.responseBody, nanoseconds: 3_000_000_000)
    }
    let samples = Samples(metrics)
    #expect(samples[exchangesOf: TransformationLabels.none] == 2)
    #expect(samples["swiftformations_replies_total"] == 2)
    let phase = "swiftformations_phase_duration_seconds"
    #expect(samples["\(phase)_count{phase=\"response_body\"}"] == 4)
    #expect(samples["\(phase)_bucket{phase=\"response_body\",le=\"5e-06\"}"] == 0)
    #expect(samples["\(phase)_bucket{phase=\"response_body\",le=\"1e-05\"}"] == 2)
    #expect(samples["\(phase)_bucket{phase=\"response_body\",le=\"2.5\"}"] == 2)
    #expect(samples["\(phase)_bucket{phase=\"response_body\",le=\"+Inf\"}"] == 4)
    #expect(samples["\(phase)_sum{phase=\"response_body\"}"] == 6.000014)
    #expect(samples["\(phase)_count{phase=\"request_headers\"}"] == 0)
  }

  @Test("each sample has a family with a type, and no name comes twice")
  func form() {
    let metrics = Metrics()
    metrics.addLoop().record(.requestHeaders, nanoseconds: 1)
    metrics.failures.add(reason: "a", transformation: "b")
    #expect(Samples(metrics).faults == [])
  }

  @Test("the values of labels are escaped")
  func escaping() {
    var exposition = Exposition()
    exposition.sample("a", ["b": "\"\\\n"], 1)
    #expect(exposition.text == "a{b=\"\\\"\\\\\\n\"} 1\n")
  }

  @Test("failures are counted by reason and transformation, and very many names under one")
  func failures() {
    let metrics = Metrics()
    for _ in 0..<3 { metrics.failures.add(reason: "r", transformation: "chat") }
    for number in 0..<2_000 { metrics.failures.add(reason: "r", transformation: "t\(number)") }
    let samples = Samples(metrics)
    #expect(samples["swiftformations_failures_total{reason=\"r\",transformation=\"chat\"}"] == 3)
    #expect(metrics.failures.all.count == FailureCounts.keysMax + 1)
    #expect(samples["swiftformations_failures_total{reason=\"r\",transformation=\"all others\"}"] == 1_001)
    #expect(metrics.failures.all.reduce(0) { $0 + $1.count } == 2_003)
  }

  @Test("a name keeps its number, configurations share it, and very many names have one")
  func labels() {
    let labels = TransformationLabels()
    func numbers(_ names: [String]) -> [Int] {
      let fields = names.map { "\"\($0)\": {}" }.joined(separator: ",")
      return labels.numbers(of: .of("{\"transformations\": {\(fields)}}"))
    }
    #expect(numbers(["a", "b"]) == [2, 3])
    #expect(numbers(["c", "b"]) == [4, 3])
    #expect(labels.all == [TransformationLabels.none, TransformationLabels.fromHeader, "a", "b", "c"])
    let many = numbers((0..<2_000).map { "t\($0)" })
    #expect(many.prefix(995).elementsEqual(5..<TransformationLabels.labelsMax))
    #expect(Set(many.dropFirst(995)) == [TransformationLabels.numbersMax - 1])
    #expect(labels.all.count == TransformationLabels.numbersMax)
    #expect(labels.all.last == TransformationLabels.others)
    #expect(numbers(["late", "a"]) == [TransformationLabels.numbersMax - 1, 2])
    // The last number has a counter of its own.
    let loop = LoopMetrics()
    loop.addExchange(TransformationLabels.numbersMax - 1)
    #expect((0..<TransformationLabels.numbersMax).map(loop.exchanges).reduce(0, +) == 1)
  }
}

extension Samples {
  init(_ metrics: Metrics) {
    var exposition = Exposition()
    metrics.write(to: &exposition)
    self.init(exposition.text)
  }
}
