# The commands of a checkout. `make` lists them.
# `test` and `lint` write nothing into the checkout; `fix` does.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Outside the checkout, so that a fresh clone rebuilds only our own crates.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/pyralog/target
# What `make run` gives to the node, and `make testnet` to `pyralog-testnet up`.
FLAGS ?=
# Seconds that `make fuzz` spends on each decoder.
FUZZ_SECONDS ?= 60

# How many networks `make sim` simulates.
SIM_SEEDS ?= 20000

CARGO := cargo
say = @printf '\n== %s\n' "$(1)"

.PHONY: help
help: ## this list
	@printf 'Pyralog. Targets:\n\n'
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16
	@printf '\nBuilds go to %s\n' "$(CARGO_TARGET_DIR)"

.PHONY: bootstrap
bootstrap: ## install what is missing on Debian or Ubuntu, say what to install elsewhere
	@scripts/bootstrap.sh

.PHONY: run
run: bootstrap ## build, and start a network of one node with funded accounts (FLAGS="…" for the node)
	$(call say,Building the node and the command line (the first build takes about half an hour, most of it RocksDB))
	@$(CARGO) build --locked -p pyralog-node -p pyralog
	@scripts/run.sh "$(CARGO_TARGET_DIR)/debug" $(FLAGS)

.PHONY: testnet
testnet: bootstrap ## build, and begin a network of four validators that stays (FLAGS="…" for `up`)
	$(call say,Building the node and the programs around it (the first build takes about half an hour, most of it RocksDB))
	@$(CARGO) build --locked -p pyralog-node -p pyralog -p pyralog-testnet
	@scripts/testnet.sh "$(CARGO_TARGET_DIR)/debug" $(FLAGS)

.PHONY: test
test: bootstrap lint ## everything CI runs
	$(call say,Building all tests (cold this is the long part; crates are named as they are built))
	@$(CARGO) test --locked --workspace --no-run
	$(call say,Running all tests)
	@$(CARGO) test --locked --workspace
	$(call say,Everything passed)

.PHONY: sim
sim: bootstrap ## simulate SIM_SEEDS networks under faults (20000), twins, and what a block takes
	$(call say,Building the simulator)
	@$(CARGO) build --locked -p pyralog-testnet
	@scripts/sim.sh "$(CARGO_TARGET_DIR)/debug/pyralog-testnet" $(SIM_SEEDS)

.PHONY: lint
lint: bootstrap ## formatting, clippy and rustdoc, without changing anything
	$(call say,Checking the formatting)
	@$(CARGO) fmt --all --check
	$(call say,Running clippy)
	@$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(call say,Checking the documentation of the code)
	@RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items

.PHONY: fix
fix: ## reformat, and apply what clippy can repair
	@$(CARGO) clippy --workspace --all-targets --fix --allow-dirty --allow-staged
	@$(CARGO) fmt --all

.PHONY: bench
bench: bootstrap ## print one table of speed ratios, each beside its reference
	@scripts/bench.sh

.PHONY: bench-network
bench-network: bootstrap ## measure a network of four processes under load, beside CometBFT (needs Go)
	@scripts/bench-network.sh

.PHONY: docs
docs: bootstrap ## build the book into docs/book
	@command -v mdbook >/dev/null || { printf '\n== Installing mdbook\n'; $(CARGO) install --locked mdbook; }
	@mdbook build docs

.PHONY: fuzz
fuzz: bootstrap ## fuzz every decoder for FUZZ_SECONDS each (60)
	@fuzz/run.sh $(FUZZ_SECONDS)
