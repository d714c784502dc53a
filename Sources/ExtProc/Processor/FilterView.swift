internal import Logging
internal import Synchronization
internal import Transformation

/// What exchanges have shown of Envoy's filter while one configuration is in force, and where the two do not fit.
///
/// Body modes are declared by each stream, so that what is reported of them is as of the last one; a mismatch of another
/// kind is reported with the time since it was last seen. Each kind is logged once.
final class FilterView: Sendable {
  /// How a transformation's last stream sent bodies; 0 before the first.
  private let modes: [ModesCell]
  /// When each kind was last seen: monotonic, nanoseconds; 0 for never.
  private let lastSeen = FilterMismatch.Kind.allCases.map { _ in TimeCell() }
  private let seen = Mutex<[FilterMismatch.Kind: Incident]>([:])
  private let sawResponseHeaders = Atomic(false)
  private let missingResponseHeaders = Atomic(0)

  /// A mismatch, and the transformation of the exchange that showed it; nil where none was chosen.
  struct Incident {
    let mismatch: FilterMismatch
    let transformation: String?
  }

  private final class ModesCell: Sendable { let value = Atomic<UInt16>(0) }
  private final class TimeCell: Sendable { let value = Atomic<UInt64>(0) }

  /// Exchanges without response headers, where they are needed, before that is taken for the filter's doing: clients go away,
  /// and others answer in place of the upstream.
  static let missingResponseHeadersMax = 20

  init(transformationCount: Int) { modes = (0..<transformationCount).map { _ in ModesCell() } }

  // MARK: What is seen

  /// The modes of a stream that begins, and its transformation by its index.
  func note(_ modes: ProcessingModes, of transformation: Int) {
    guard transformation < self.modes.count else { return }
    let cell = self.modes[transformation]
    let value = modes.packed
    // Nearly always the same, and a store would make each core fetch the line.
    if cell.value.load(ordering: .relaxed) != value { cell.value.store(value, ordering: .relaxed) }
  }

  /// Of the last stream; nil before the first.
  func packedModes(of transformation: Int) -> UInt16? {
    guard transformation < modes.count else { return nil }
    let value = modes[transformation].value.load(ordering: .relaxed)
    return value == 0 ? nil : value
  }

  /// Takes over what a configuration before has seen: of the transformation of the same name; for a new one, what all have in
  /// common.
  func inherit(_ before: FilterView, by indices: [Int?]) {
    let known = Set(before.modes.indices.compactMap { before.packedModes(of: $0) })
    let common = known.count == 1 ? known.first : nil
    for (cell, index) in zip(modes, indices) {
      let value = index.flatMap { before.packedModes(of: $0) } ?? common
      if let value { cell.value.store(value, ordering: .relaxed) }
    }
  }

  /// The response headers of some exchange that needed them have come.
  var hasResponseHeaders: Bool { sawResponseHeaders.load(ordering: .relaxed) }

  func noteResponseHeaders() {
    if !hasResponseHeaders { sawResponseHeaders.store(true, ordering: .relaxed) }
  }

  /// An exchange is over whose response headers were needed and never came. True when that happens always.
  func noteMissingResponseHeaders() -> Bool {
    !hasResponseHeaders
      && missingResponseHeaders.add(1, ordering: .relaxed).newValue >= Self.missingResponseHeadersMax
  }

  /// True when the kind is seen for the first time, and is to be logged.
  func note(_ incident: Incident, now: UInt64) -> Bool {
    let kind = incident.mismatch.kind
    let cell = lastSeen[FilterMismatch.Kind.allCases.firstIndex(of: kind) ?? 0]
    guard cell.value.exchange(max(now, 1), ordering: .relaxed) == 0 else { return false }
    seen.withLock { $0[kind] = incident }
    return true
  }

  /// What was seen, by kind, and when each was last seen.
  var incidents: [(incident: Incident, lastSeen: UInt64)] {
    let seen = seen.withLock { $0 }
    return zip(FilterMismatch.Kind.allCases, lastSeen).compactMap { kind, cell in
      seen[kind].map { ($0, cell.value.load(ordering: .relaxed)) }
    }
  }
}
