# Everything a developer of Gatewright runs. `make help` lists it.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:

CARGO ?= cargo
ENVOY_BIN ?=
export ENVOY_BIN

# Where a message is one of several steps, it says so: the first run takes minutes.
step = @printf '\n\033[1m== %s\033[0m\n' "$(1)"

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: wasm-targets envoy ## Watch a real Envoy admit and refuse requests by their JWTs, and cache; HOLD=1 leaves it running
	$(call step,Building the policy and the demo (minutes the first time))
	$(CARGO) build --example demo
	$(CARGO) run --quiet --example demo -- $(if $(HOLD),--hold)

.PHONY: test
test: setup lint test-all test-wasm doc ## Everything: lint, native, on wasm, in wasmtime, in a real Envoy, docs
	$(call step,All green)

.PHONY: lint
lint: ## Formatting and clippy
	$(call step,Lint)
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings
	$(CARGO) clippy --package gatewright --package jwt-auth --package rate-limit --package request-filter --package response-cache --package gateway --package api-key --target wasm32-wasip1 --quiet -- -D warnings

# One selection of packages means one set of features, so wasmtime is built once.
.PHONY: test-all
test-all: setup ## All tests: native, wasmtime, real Envoy
	$(call step,Tests: native; in wasmtime; in a real Envoy)
	$(CARGO) test --workspace

.PHONY: test-native
test-native: ## Only what needs neither wasmtime nor Envoy: quick
	$(call step,Native tests)
	$(CARGO) test --workspace --exclude gatewright-host

.PHONY: test-hosts
test-hosts: setup ## Only the hosts: case files and host tests
	$(call step,Hosts: wasmtime and a real Envoy)
	$(CARGO) test --package gatewright-host --package gatewright-limitador

.PHONY: test-wasm
test-wasm: wasm-targets ## The same unit tests compiled to wasm, under node
	$(call step,Unit tests on wasm)
	@sh tools/wasm-tests.sh

.PHONY: bench
bench: setup ## What policies cost in a real Envoy, against its own filters: about an hour; writes docs/performance.md
	$(call step,Bench)
	$(CARGO) run --quiet --package gatewright-host --example bench -- --write

.PHONY: bench-quick
bench-quick: setup ## The same with few rounds, into the terminal: about three minutes
	$(call step,Bench in short)
	$(CARGO) run --quiet --package gatewright-host --example bench -- --quick

.PHONY: profile
profile: wasm-targets ## Fuel of an exchange by function: EXCHANGE="name"; without a name, the names
	$(call step,Profile)
	$(CARGO) run --quiet --package gatewright-host --example profile -- "$(EXCHANGE)"

# What is found is kept in fuzz/found, and the worth of it by hand in fuzz/corpus, which the tests replay. The emulated proxy drops
# its plugins without deleting them, which is a leak where they have background tasks: config does not look for leaks.
SECONDS ?= 60
fuzz = cd plugins/$(1)/fuzz && for target in $(2); do \
	mkdir -p found/$$target && leaks=1 && if [ $$target = config ]; then leaks=0; fi && \
	ASAN_OPTIONS=detect_leaks=$$leaks $(CARGO) +nightly fuzz run --fuzz-dir . $$target found/$$target corpus/$$target -- \
		-max_total_time=$(SECONDS) -max_len=16384 -timeout=20 || exit 1; done

.PHONY: fuzz
fuzz: ## Look for input that breaks jwt-auth or request-filter, SECONDS= for each of nine targets; needs a nightly toolchain and cargo-fuzz
	$(call step,Fuzzing jwt-auth)
	$(call fuzz,jwt-auth,token jwks config)
	$(call step,Fuzzing request-filter)
	$(call fuzz,request-filter,json form multipart normalise contract engine)

.PHONY: doc
doc: ## API documentation, warnings are errors
	$(call step,Documentation)
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet

.PHONY: wasm
wasm: wasm-targets ## The shipped modules, into target/wasm32-wasip1/release
	$(call step,Modules)
	$(CARGO) build --release --target wasm32-wasip1 --package jwt-auth --package rate-limit --package request-filter --package response-cache --package api-key
	@# By itself: built together with them, its policies would have exports of their own.
	$(CARGO) build --release --target wasm32-wasip1 --package gateway

.PHONY: setup
setup: wasm-targets envoy redis ## What the tests need: wasm targets, an Envoy and a Redis

.PHONY: wasm-targets
wasm-targets:
	@sh tools/wasm-targets.sh

.PHONY: envoy
envoy: ## A real Envoy in .envoy/, unless ENVOY_BIN names one
	@if [ -n "$(ENVOY_BIN)" ]; then test -x "$(ENVOY_BIN)" || { echo "ENVOY_BIN is set to $(ENVOY_BIN), which is no program: correct it or unset it." >&2; exit 1; }; \
	else sh tools/envoy.sh >/dev/null; fi

.PHONY: redis
redis: ## A redis-server on PATH: installed on Debian where that is allowed, else this says what to do
	@sh tools/redis.sh

.PHONY: clean
clean: ## Remove what was built; .envoy and .tools stay
	$(CARGO) clean
