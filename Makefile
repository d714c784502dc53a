SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# Steps use both processors by themselves; two of them at once only make each other's progress hard to read.
.NOTPARALLEL:
.DEFAULT_GOAL := help

ENVOY_VERSION := 1.36.4
# libstdc++ is linked in like the Swift runtime, where the folder has it: a library less to need, a megabyte less of memory.
RELEASE := -c release --static-swift-stdlib -Xlinker -L$(CURDIR)/.build/static
FORMATTED := Package.swift Sources Tests Benchmarks/Engine
install := deploy/install-dependencies.sh
step := deploy/run-step.sh
static := .build/static/libstdc++.a

.PHONY: help demo run test differential fuzz sidecar module build bench bench-engine check-sidecar-cost format \
  check-format generate check-generated clean

help:
	@echo 'make demo       one LLM request through Envoy and the sidecar; shows what was changed'
	@echo 'make run        the same set-up, left running; prints a curl line to try'
	@echo 'make test       all tests, those against real Envoys included (FILTER=NAME for some of them)'
	@echo 'make differential  compares templates with minijinja, other ones each time (SEED=NUMBER COUNT=NUMBER)'
	@echo 'make fuzz       hostile input for the engine under AddressSanitizer (TARGET=NAME SECONDS=NUMBER)'
	@echo 'make sidecar    the release binary; prints its path'
	@echo 'make module     the dynamic module for Envoy; prints its path, its size and what it needs'
	@echo 'make build      a debug build'
	@echo 'make bench      compares the deployments through Envoy, 10 minutes (QUICK=1: two; ONLY=none,sidecar: some)'
	@echo 'make bench-engine   what a transformation costs, next to a parse by RapidJSON'
	@echo 'make format     lay out the Swift code        make check-format     fail when it is not'
	@echo 'make generate   C code from proto/            make check-generated  fail when it is out of date'
	@echo 'make clean      remove what was built and logged (Envoy stays in .envoy)'

demo: release
	@$(install) envoy $(ENVOY_VERSION)
	@deploy/demo/demo.sh $(ENVOY_VERSION)

run: release
	@$(install) envoy $(ENVOY_VERSION)
	@deploy/demo/demo.sh $(ENVOY_VERSION) --stay

test:
	@$(install) build
	@$(install) envoy all
	@$(step) build-tests 'Building the tests' swift build --build-tests
	@mkdir -p .run/logs
	swift test --skip-build $(if $(FILTER),--filter '$(FILTER)') 2>&1 | tee .run/logs/test.log
	$(if $(FILTER),,@$(MAKE) --no-print-directory differential SEED=1 COUNT=1000)
	$(if $(FILTER),,@$(MAKE) --no-print-directory check-sidecar-cost)

COUNT := 20000
differential:
	@$(install) build
	@$(install) differential
	@$(step) template-render 'Building template-render' swift build --product template-render
	@.venv/bin/python Tests/Differential/differential.py --renderer "$$(swift build --show-bin-path)/template-render" \
	  --count $(COUNT) $(if $(SEED),--seed $(SEED))

# Optimised, with all checks; the engine and the target only. Gold cannot link it.
FUZZ_BUILD := FUZZ=1 swift build -c release --static-swift-stdlib --scratch-path .build-fuzz --product fuzz \
  -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=address,fuzzer-no-link -Xswiftc -use-ld=lld \
  -Xswiftc -assert-config -Xswiftc Debug
TARGET := json template render configuration
SECONDS := 60
# bash counts with a variable of that name.
unexport SECONDS
fuzz:
	@$(install) build
	@$(step) fuzz 'Building the fuzz targets' env $(FUZZ_BUILD)
	@for target in $(TARGET); do Tests/Fuzz/fuzz.sh $$target $(SECONDS); done

sidecar: $(static)
	@$(install) build
	@$(step) sidecar 'Building the sidecar' swift build $(RELEASE) --product swiftformations
	@echo "$$(swift build $(RELEASE) --show-bin-path)/swiftformations"

module: $(static)
	@$(install) build
	@$(step) module 'Building the module' swift build $(RELEASE) --product EnvoyModule
	@deploy/module/link.sh "$$(swift build $(RELEASE) --show-bin-path)"

$(static):
	@mkdir -p $(@D)
	@ln -sf "$$(clang -print-file-name=libstdc++.a)" $@

.PHONY: release
release: $(static)
	@$(install) build
	@$(step) sidecar 'Building the sidecar' swift build $(RELEASE) --product swiftformations
	@$(step) mock-llm 'Building the mock LLM' swift build $(RELEASE) --product mock-llm

build:
	@$(install) build
	swift build

# The results are in a folder of their own under Benchmarks/results.
bench: $(static)
	@$(install) build
	@$(install) bench
	@$(install) envoy $(ENVOY_VERSION)
	@$(step) sidecar 'Building the sidecar' swift build $(RELEASE) --product swiftformations
	@$(MAKE) --no-print-directory -s module >.run/logs/module-link.log || { cat .run/logs/module-link.log >&2; exit 1; }
	@$(step) bench-tools 'Building the load generator, the upstream and the floors' \
	  Benchmarks/Envoy/build.sh .build/bench-tools
	@python3 Benchmarks/Envoy/bench.py --tools .build/bench-tools --envoy .envoy/$(ENVOY_VERSION)/envoy \
	  --sidecar "$$(swift build $(RELEASE) --show-bin-path)/swiftformations" \
	  --module .build/module/libswiftformations.so \
	  $(if $(QUICK),--quick) $(if $(ONLY),--only '$(ONLY)')

# Fails when the sidecar spends more instructions on an exchange than Benchmarks/SidecarCost/limits.txt allows.
check-sidecar-cost: $(static)
	@$(install) build
	@$(install) costs
	@$(step) sidecar 'Building the sidecar' swift build $(RELEASE) --product swiftformations
	@python3 Benchmarks/SidecarCost/sidecar_cost.py "$$(swift build $(RELEASE) --show-bin-path)/swiftformations"

# Fails when a result is wrong, and when a case costs more than its limit in units of RapidJSON's parse. QUICK=1 takes a
# few rounds and leaves out the second, which a busy machine may fail.
bench-engine: export BENCHMARKS := 1
bench-engine:
	@$(install) build
	@$(install) benchmarks
	@$(step) engine-benchmark 'Building the benchmark' swift build $(RELEASE) --product engine-benchmark
	@"$$(swift build $(RELEASE) --show-bin-path)/engine-benchmark" $(if $(QUICK),--rounds 3) Benchmarks/Bodies \
	  $(if $(QUICK),|| [ $$? -eq 1 ])

format:
	swift format format --in-place --recursive --configuration .swift-format $(FORMATTED)

# Compares with the formatter's result, so that the difference is shown.
check-format:
	@rm -rf .run/formatted
	@mkdir -p .run/formatted
	@cp -r --parents $(FORMATTED) .run/formatted
	@cd .run/formatted && swift format format --in-place --recursive --configuration ../../.swift-format $(FORMATTED)
	@for part in $(FORMATTED); do diff -ru "$$part" ".run/formatted/$$part" || \
	  { echo "$$part is not laid out as the formatter does it: make format" >&2; exit 1; }; done
	@rm -rf .run/formatted

generate:
	@$(install) generate
	proto/generate.sh

check-generated:
	@$(install) generate
	proto/generate.sh --check

clean:
	rm -rf .build .build-fuzz .run
