# The commands of the house. Each calls scripts/setup, which installs what is missing and says so.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

help: ## say what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

run: ## set up and start the demo: a show on air, a crowd, the desk
	@scripts/setup run
	@$(MAKE) --no-print-directory web/dist/index.html
	@scripts/models release || true
	cargo run --release -p ringlight -- demo

build: ## the web part and the release binary (target/release/ringlight)
	@scripts/setup run
	@$(MAKE) --no-print-directory web/dist/index.html
	cargo build --release -p ringlight

web/dist/index.html: $(WEB_SOURCES)
	cd web && npm run --silent build
	@touch $@

models: ## get the models that hear and judge, once; then everything works offline
	@scripts/setup run
	@scripts/models release

test: ## set up and run every test that a change must pass
	@scripts/setup test
	@$(MAKE) --no-print-directory web/dist/index.html
	@scripts/models dev || echo 'test: without models the tests of hearing and of sentences are SKIPPED'
	cd web && npm run --silent test
ifeq ($(NEXTEST),yes)
	cargo nextest run --workspace
else
	cargo test --workspace
endif

check: ## formatting, lints with warnings as errors, types, web lint
	@scripts/setup check
	cargo fmt --all --check
	@$(MAKE) --no-print-directory web/dist/index.html
	cargo clippy --workspace --all-targets -- -D warnings
	cd web && npm run --silent check && npm run --silent lint

bench: ## print the figures, each beside its bound
	@scripts/setup test
	@$(MAKE) --no-print-directory web/dist/index.html
	@scripts/models release
	scripts/bench

soak: ## the long tests: many kills under load, many seeds
	@scripts/setup test
	@$(MAKE) --no-print-directory web/dist/index.html
	@scripts/models release
	RINGLIGHT_SOAK=1 cargo test --release --workspace -- --include-ignored soak

fuzz: ## fuzz everything that reads bytes from outside; FUZZ_SECONDS each (default 60)
	@scripts/setup fuzz
	scripts/fuzz

.PHONY: help run build models test check bench soak fuzz
