#!/usr/bin/env bash
# Runs the benches that compare us with a reference in the same run, and leaves
# their rows as one table in the target directory.
set -euo pipefail

table=${CARGO_TARGET_DIR:?set by the Makefile}/bench-table.md
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT

printf '\n== Building the benches (optimized: the first time takes minutes)\n'
cargo bench --locked --workspace --bench ratios --no-run
printf '\n== Measuring (a quarter of an hour, and 6 GB of memory for the longest proofs; close other programs)\n'
PYRALOG_BENCH_ROWS=$rows cargo bench --locked --workspace --bench ratios --quiet

printf '\n== Our STARKs beside Plonky3 (built the first time: a minute or two)\n'
(cd zk/plonky3 && PYRALOG_BENCH_ROWS=$rows cargo run --locked --release --quiet)

{
  printf '| what | ours | reference | ratio | range | floor | goal |\n'
  printf '|---|---|---|---|---|---|---|\n'
  cat "$rows"
} >"$table"
printf '\n'
column -t -s '|' <"$table" | sed -E '2d; s/^ +//'
printf '\nRatio: speed of ours ÷ speed of the reference, median of rounds run in turn; 1.00 is as fast.\n'
printf 'The table is in %s\n' "$table"

printf '\n== What agreement takes, simulated on one thread\n'
cargo build --locked --quiet --profile bench -p pyralog-testnet
"$(dirname "$0")/calm.sh" "$CARGO_TARGET_DIR/release/pyralog-testnet"

printf '\n== Four nodes on this machine: finality and throughput, beside what cannot be avoided\n'
PYRALOG_MEASURE=1 cargo test --locked --quiet --profile bench -p pyralog-node --lib several_nodes_are_measured -- --nocapture |
  grep -E '^(finality|throughput)'

printf '\n== A node that comes late, beside one that executes the same blocks from its own disk\n'
PYRALOG_MEASURE=1 cargo test --locked --quiet --profile bench -p pyralog-node --lib catching_up_is_measured -- --nocapture |
  grep -E '^catching up'
