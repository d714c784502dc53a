import FuzzDriver

#if canImport(Glibc)
  import Glibc
#endif

// FUZZ_TARGET names the target, so that all arguments are libFuzzer's: it starts itself again to minimise findings.
let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
guard let target = getenv("FUZZ_TARGET").flatMap({ FuzzTarget(rawValue: String(cString: $0)) }) else {
  report("FUZZ_TARGET must be one of \(names)")
  exit(2)
}
var argumentCount = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(LLVMFuzzerRunDriver(&argumentCount, &arguments, target.callback))
