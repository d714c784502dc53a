SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# Steps use both processors by themselves; two of them at once only make each other's progress hard to read.
.NOTPARALLEL:
.DEFAULT_GOAL := help

ENVOY_VERSION := 1.36.4
RELEASE := -c release --static-swift-stdlib
FORMATTED := Package.swift Sources Tests Benchmarks/Engine
install := deploy/install-dependencies.sh
step := deploy/run-step.sh

.PHONY: help demo run test differential sidecar build bench-engine format check-format generate check-generated \
  clean

help:
	@echo 'make demo       one LLM request through Envoy and the sidecar; shows what was changed'
	@echo 'make run        the same set-up, left running; prints a curl line to try'
	@echo 'make test       all tests, those against real Envoys included (FILTER=NAME for some of them)'
	@echo 'make differential  compares templates with minijinja, other ones each time (SEED=NUMBER COUNT=NUMBER)'
	@echo 'make sidecar    the release binary; prints its path'
	@echo 'make build      a debug build'
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
	@$(install) tests
	@$(install) envoy all
	@$(step) build-tests 'Building the tests' swift build --build-tests
	@mkdir -p .run/logs
	swift test --skip-build $(if $(FILTER),--filter '$(FILTER)') 2>&1 | tee .run/logs/test.log
	$(if $(FILTER),,@$(MAKE) --no-print-directory differential SEED=1 COUNT=1000)

COUNT := 20000
differential:
	@$(install) build
	@$(install) differential
	@$(step) template-render 'Building template-render' swift build --product template-render
	@.venv/bin/python Tests/Differential/differential.py --renderer "$$(swift build --show-bin-path)/template-render" \
	  --count $(COUNT) $(if $(SEED),--seed $(SEED))

sidecar:
	@$(install) build
	@$(step) sidecar 'Building the sidecar' swift build $(RELEASE) --product swiftformations
	@echo "$$(swift build $(RELEASE) --show-bin-path)/swiftformations"

.PHONY: release
release:
	@$(install) build
	@$(step) sidecar 'Building the sidecar' swift build $(RELEASE) --product swiftformations
	@$(step) mock-llm 'Building the mock LLM' swift build $(RELEASE) --product mock-llm

build:
	@$(install) build
	swift build

# Fails when a case costs more than its limit in units of RapidJSON's parse.
bench-engine: export BENCHMARKS := 1
bench-engine:
	@$(install) build
	@$(install) benchmarks
	@$(step) engine-benchmark 'Building the benchmark' swift build $(RELEASE) --product engine-benchmark
	@"$$(swift build $(RELEASE) --show-bin-path)/engine-benchmark" Benchmarks/Bodies

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
	rm -rf .build .run
