SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# Steps use both processors by themselves; two of them at once only make each other's progress hard to read.
.NOTPARALLEL:
.DEFAULT_GOAL := help

ENVOY_VERSION := 1.36.4
RELEASE := -c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked \
  -Xswiftc -Xfrontend -Xswiftc -function-sections
FORMATTED := Package.swift Sources Tests Benchmarks/Engine Benchmarks/Steps
install := deploy/install-dependencies.sh
step := deploy/run-step.sh

.PHONY: help demo run test differential clients soak fuzz sidecar module module-asan build bench bench-engine bench-steps \
  bench-module cost hot-functions format check-format generate check-generated clean

help:
	@echo 'make demo       one LLM request through Envoy and the sidecar; shows what was changed'
	@echo 'make run        the same set-up, left running; prints a curl line to try'
	@echo '                both with DEPLOYMENT=module: the dynamic module inside Envoy'
	@echo 'make test       all tests, those against real Envoys included (FILTER=NAME for some of them)'
	@echo 'make differential  compares templates with minijinja and patterns with RE2, other ones each time (SEED=NUMBER COUNT=NUMBER)'
	@echo 'make clients    the client libraries of OpenAI, Anthropic, Google, AWS, MCP and gRPC through Envoy (ONLY=TEXT)'
	@echo 'make soak       both deployments under all that clients, upstreams and operators do, 30 minutes (MINUTES=NUMBER SEED=TEXT)'
	@echo 'make fuzz       hostile input for the engine under AddressSanitizer (TARGET=NAME SECONDS=NUMBER)'
	@echo 'make sidecar    the release binary; prints its path'
	@echo 'make module     the dynamic module for Envoy; prints its path, its size and what it needs'
	@echo 'make build      a debug build'
	@echo 'make module-asan    the tests of the module under AddressSanitizer'
	@echo 'make cost       instructions of the hot paths, against limits; make test has it too'
	@echo 'make bench-module   what the module costs in a fake Envoy, against limits'
	@echo 'make bench      compares the deployments through Envoy, 10 minutes (QUICK=1: two; ONLY=none,sidecar: some)'
	@echo 'make bench-engine   what a transformation costs, next to a parse by RapidJSON'
	@echo 'make bench-steps    which way to use up the steps of a rendering takes the longest'
	@echo 'make hot-functions  the order of the functions in both binaries, measured anew'
	@echo 'make format     lay out the Swift code        make check-format     fail when it is not'
	@echo 'make generate   C code from proto/            make check-generated  fail when it is out of date'
	@echo 'make check-manifests   Kubernetes manifests and the Envoy configurations in them (CRD_SCHEMAS=FOLDER)'
	@echo 'make check-images      the Dockerfile'
	@echo 'make clean      remove what was built and logged (Envoy stays in .envoy)'

DEPLOYMENT := sidecar
demo: release
	@$(install) envoy $(ENVOY_VERSION)
	@deploy/demo/demo.sh $(ENVOY_VERSION) $(DEPLOYMENT)

run: release
	@$(install) envoy $(ENVOY_VERSION)
	@deploy/demo/demo.sh $(ENVOY_VERSION) $(DEPLOYMENT) --stay

# Suites that keep the machine busy, or wait for one that answers: not beside the others. With the slash a suite's name is
# none of a target's.
LOADED := NeighbourTests 'ServerTests/|AbuseTests|MemoryTests|ResourceTests|OutageTests|DeadlineTests|TurnTests|LogTests'
WITHOUT_LOADED := --skip NeighbourTests --skip ServerTests/ --skip AbuseTests --skip MemoryTests --skip ResourceTests \
  --skip OutageTests --skip DeadlineTests --skip TurnTests --skip LogTests
test:
	@$(install) build
	@$(install) tests
	@$(install) envoy all
	@$(MAKE) --no-print-directory module
	@$(step) build-tests 'Building the tests' swift build --build-tests
	@mkdir -p .run/logs
	@# The failures once more at the end, where they are seen.
	@swift test --skip-build $(if $(FILTER),--filter '$(FILTER)',$(WITHOUT_LOADED)) 2>&1 | tee .run/logs/test.log || \
	  { printf '\nfailed (.run/logs/test.log has all):\n' >&2; grep -aE '^✘|error:' .run/logs/test.log >&2; exit 1; }
	$(if $(FILTER),,@for suites in $(LOADED); do swift test --skip-build --filter "$$suites" 2>&1 | tee .run/logs/loaded.log || \
	  { grep -aE '^✘|error:' .run/logs/loaded.log >&2; exit 1; }; done)
	$(if $(FILTER),,@$(MAKE) --no-print-directory clients)
	$(if $(FILTER),,@$(MAKE) --no-print-directory differential SEED=1 COUNT=1000)
	$(if $(FILTER),,@$(MAKE) --no-print-directory cost)
	$(if $(FILTER),,@$(MAKE) --no-print-directory check-images check-manifests)

COUNT := 20000
differential:
	@$(install) build
	@$(install) differential
	@$(step) template-render 'Building template-render' swift build --product template-render
	@for part in differential patterns; do \
	  .venv/bin/python Tests/Differential/$$part.py --renderer "$$(swift build --show-bin-path)/template-render" \
	    --count $(COUNT) $(if $(SEED),--seed $(SEED)); done

# What applications send with the libraries of providers, without us and through both deployments.
CLIENT_ENVOYS := $(ENVOY_VERSION) 1.40.0
clients:
	@$(install) build
	@$(install) clients
	@for version in $(CLIENT_ENVOYS); do $(install) envoy $$version; done
	@$(step) sidecar-debug 'Building the sidecar' swift build --product swiftformations
	@$(MAKE) --no-print-directory module
	@.venv-clients/bin/python Tests/Clients --program "$$(swift build --show-bin-path)/swiftformations" \
	  --module .build/module/libswiftformations.so --envoy $(CLIENT_ENVOYS:%=.envoy/%/envoy) $(if $(ONLY),--only '$(ONLY)')

# Chaos through Envoy and the release binaries, every byte checked; memory, descriptors and counters must stay as they are.
MINUTES := 30
ENVOY := 1.40.0
soak:
	@$(install) build
	@$(install) envoy $(ENVOY)
	@mkdir -p .run/logs
	@$(MAKE) --no-print-directory -s sidecar >.run/logs/sidecar-link.log || { cat .run/logs/sidecar-link.log >&2; exit 1; }
	@$(MAKE) --no-print-directory -s module >.run/logs/module-link.log || { cat .run/logs/module-link.log >&2; exit 1; }
	@python3 Tests/Soak --program .build/sidecar/swiftformations --module .build/module/libswiftformations.so \
	  --envoy .envoy/$(ENVOY)/envoy --minutes $(MINUTES) $(if $(SEED),--seed '$(SEED)')

# Optimised, with all checks; the engine and the target only. Gold cannot link it.
FUZZ_BUILD := FUZZ=1 swift build -c release --static-swift-stdlib --scratch-path .build-fuzz --product fuzz \
  -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=address,fuzzer-no-link -Xswiftc -use-ld=lld \
  -Xswiftc -assert-config -Xswiftc Debug
TARGET := json template render configuration message sidecar
SECONDS := 60
# bash counts with a variable of that name.
unexport SECONDS
fuzz:
	@$(install) build
	@$(step) fuzz 'Building the fuzz targets' env $(FUZZ_BUILD)
	@for target in $(TARGET); do Tests/Fuzz/fuzz.sh $$target $(SECONDS); done

sidecar:
	@$(install) build
	@$(step) sidecar 'Building the sidecar' swift build $(RELEASE) --product swiftformations
	@deploy/link.sh sidecar "$$(swift build $(RELEASE) --show-bin-path)"

module:
	@$(install) build
	@$(step) module 'Building the module' swift build $(RELEASE) --product EnvoyModule
	@deploy/link.sh module "$$(swift build $(RELEASE) --show-bin-path)"

.PHONY: release
release:
	@$(install) build
	@$(step) sidecar 'Building the sidecar' swift build $(RELEASE) --product swiftformations
	@$(step) mock-llm 'Building the mock LLM' swift build $(RELEASE) --product mock-llm
	$(if $(filter module,$(DEPLOYMENT)),@$(MAKE) --no-print-directory module)

# The tests of the module once more, with the module and the host under AddressSanitizer.
module-asan: sanitized := --sanitize=address --scratch-path .build-asan
module-asan:
	@$(install) build
	@$(step) module-asan 'Building the module with AddressSanitizer' swift build $(sanitized) --product EnvoyModule
	@$(step) build-tests 'Building the tests' swift build --build-tests
	@$(step) module-host-asan 'Building the host with AddressSanitizer' Tests/ModuleHost/build.sh \
	  .build-asan/module-host -fsanitize=address -DSANITIZED
	MODULE_HOST_FOLDER=.build-asan/module-host MODULE_UNDER_TEST=.build-asan/debug/libEnvoyModule.so \
	  swift test --skip-build --filter EnvoyModuleTests

build:
	@$(install) build
	swift build

# The results are in a folder of their own under Benchmarks/results.
bench:
	@$(install) build
	@$(install) bench
	@$(install) envoy $(ENVOY_VERSION)
	@$(MAKE) --no-print-directory -s sidecar >.run/logs/sidecar-link.log || { cat .run/logs/sidecar-link.log >&2; exit 1; }
	@$(MAKE) --no-print-directory -s module >.run/logs/module-link.log || { cat .run/logs/module-link.log >&2; exit 1; }
	@$(step) bench-tools 'Building the load generator, the upstream and the floors' \
	  Benchmarks/Envoy/build.sh .build/bench-tools
	@python3 Benchmarks/Envoy/bench.py --tools .build/bench-tools --envoy .envoy/$(ENVOY_VERSION)/envoy \
	  --sidecar .build/sidecar/swiftformations \
	  --module .build/module/libswiftformations.so \
	  $(if $(QUICK),--quick) $(if $(ONLY),--only '$(ONLY)')

# Fails when a result is wrong, and when a case costs more than its limit in units of RapidJSON's parse. QUICK=1 takes a
# few rounds and leaves out the second, which a busy machine may fail.
bench-engine: export BENCHMARKS := 1
bench-engine:
	@$(install) build
	@$(install) benchmarks
	@$(step) engine-benchmark 'Building the benchmark' swift build $(RELEASE) --product engine-benchmark
	@"$$(swift build $(RELEASE) --show-bin-path)/engine-benchmark" $(if $(QUICK),--rounds 3) Benchmarks/Bodies \
	  $(if $(QUICK),|| [ $$? -eq 1 ])

# Which way to use up a rendering's steps takes the longest, and how much stack the deepest inputs need.
bench-steps: export BENCHMARKS := 1
bench-steps:
	@$(install) build
	@$(step) step-benchmark 'Building the benchmark' swift build $(RELEASE) --product step-benchmark
	@"$$(swift build $(RELEASE) --show-bin-path)/step-benchmark"
	@"$$(swift build $(RELEASE) --show-bin-path)/step-benchmark" --stacks

# Instructions of the hot paths; fails when one takes more than its limit. The time of the machine is not in it. Fails, too,
# when the lists of functions that lie side by side are old.
cost: sidecar module
	@$(install) cost
	@$(step) module-benchmark 'Building the benchmark of the module' Benchmarks/Module/build.sh
	@Tests/Cost/check.sh
	@python3 Benchmarks/SidecarCost/sidecar_cost.py .build/sidecar/swiftformations
	@deploy/hot-functions.sh

bench-module: module
	@$(install) cost
	@$(step) module-benchmark 'Building the benchmark of the module' Benchmarks/Module/build.sh
	@Benchmarks/Module/bench.sh

# The order of functions in the binaries. They work without it, and take a little more of the processors' caches.
# Nothing else is to link elsewhere.
unexport KEEP_SYMBOLS
hot-functions: sidecar module
	@$(install) cost
	@$(step) module-benchmark 'Building the benchmark of the module' Benchmarks/Module/build.sh
	@for part in sidecar module; do \
	  KEEP_SYMBOLS=1 deploy/link.sh $$part "$$(swift build $(RELEASE) --show-bin-path)" >.run/logs/$$part-symbols.log; done
	@mkdir -p .build/hot
	@python3 Benchmarks/HotFunctions/hot_functions.py sidecar .build/sidecar-symbols/swiftformations >.build/hot/sidecar
	@python3 Benchmarks/HotFunctions/hot_functions.py module .build/module-symbols/libswiftformations.so \
	  .build/cost/module-benchmark-13604 Benchmarks/Module/Cases/{two-headers,model-825,rebuilt-825,model-27k} >.build/hot/module
	@for part in sidecar module; do mv .build/hot/$$part deploy/$$part/hot-functions.txt; done
	@wc -l deploy/*/hot-functions.txt

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

.PHONY: check-manifests check-images
check-manifests:
	@$(install) build
	@$(install) deploy
	@$(install) envoy all
	@$(step) sidecar-debug 'Building the sidecar' swift build --product swiftformations
	@$(step) module-debug 'Building the module' swift build --product EnvoyModule
	@cd deploy/kubernetes && python=$(CURDIR)/.venv-deploy/bin && built=$$(swift build --package-path ../.. --show-bin-path) && \
	  "$$python/python" -m checks --kubectl "$$python/kubectl" --program "$$built/swiftformations" \
	    --module "$$built/libEnvoyModule.so" --envoy $(CURDIR)/.envoy/*/envoy

check-images:
	@$(install) deploy
	@.venv-deploy/bin/hadolint Dockerfile
	@.venv-deploy/bin/python deploy/images/check.py

clean:
	rm -rf .build .build-fuzz .run
