#!/usr/bin/env bash
# Measures a network of four validators, processes of this machine: what it
# makes final in a second, how late, and what its nodes send each other, beside
# what the machine can do at most and beside CometBFT in the same run.
# The report is left in the target directory. Nothing is left running.
set -euo pipefail

scripts=$(dirname "$0")
target=${CARGO_TARGET_DIR:?set by the Makefile}
built=$target/release
tools=$target/cometbft
version=v0.38.26
seconds=${1:-30}
report=$target/bench-network.txt

base=$(mktemp -d)
finish() {
  "$built/pyralog-testnet" down --net bench --base "$base" >/dev/null 2>&1 || true
  rm -rf "$base"
}
trap finish EXIT

say() { printf '\n== %s\n' "$1"; }

# In the order of the table: what, and the four figures of a run.
row() { printf '%-26s %10s %10s %10s %10s\n' "$@"; }

install_peer() {
  if ! command -v go >/dev/null; then
    printf 'Go is not there, so there is no CometBFT to compare with: install go 1.23 or newer\n' >&2
    return 1
  fi
  local module=github.com/cometbft/cometbft
  for program in cmd/cometbft test/loadtime/cmd/load test/loadtime/cmd/report; do
    [ -x "$tools/${program##*/}" ] || GOBIN=$tools go install "$module/$program@$version" || return 1
  done
}

# Prints the best committed rate of the tuned peer on the last line.
peer() {
  local best=0 line manner rate
  row "CometBFT $version, kvstore" 'final/s' 'p50 ms' 'p99 ms' 'received'
  while read -r manner rate; do
    line=$("$scripts/cometbft.sh" "$tools" "$manner" "$rate" "$seconds")
    # shellcheck disable=SC2086 # four figures
    row "$manner, offered $rate/s" $line
    if [ "$manner" = tuned ] && [ "${line%% *}" -gt "$best" ]; then best=${line%% *}; fi
  done <<'RUNS'
default 2000
tuned 4000
tuned 8000
RUNS
  printf '%s\n' "$best" >"$base/peer"
}

# ours ENGINE LEVELS WHAT [FLAG OF UP...]
ours() {
  local engine=$1 levels=$2 what=$3
  shift 3
  "$built/pyralog-testnet" up --net bench --base "$base" -n 4 --engine "$engine" "$@" >/dev/null
  printf '\nPyralog, %s, signed transfers%s\n\n' "$engine" "$what"
  "$built/pyralog-testnet" load --net bench --base "$base" --levels "$levels" --seconds "$seconds" |
    tee "$base/ours"
  if [ "$has_peer" = yes ]; then
    awk -v peer="$(cat "$base/peer")" '
      /^final at most: / { printf "final ÷ CometBFT, tuned: %.2f\n", $4 / (peer ? peer : 1) }' "$base/ours"
  fi
  "$built/pyralog-testnet" check --net bench --base "$base" || touch "$base/wrong"
  "$built/pyralog-testnet" down --net bench --base "$base" >/dev/null
}

say 'Building the node (optimized: the first time takes half an hour)'
cargo build --locked --profile bench -p pyralog-node -p pyralog-testnet
say 'Fetching and building CometBFT (the first time takes minutes)'
has_peer=yes
install_peer || has_peer=no
say 'Measuring (fourteen minutes; close other programs)'
{
  if [ "$has_peer" = yes ]; then peer; fi
  ours tendermint 10,50,100,130,200 ''
  ours pbft 10,50,100,130,200 ''
  # CometBFT, tuned, keeps no index either.
  ours tendermint 100,130 ', without an index of events' --set store.index_events=false
} | tee "$report"
if [ -e "$base/wrong" ]; then
  printf 'error: something that must hold of the network does not: see above\n' >&2
  exit 1
fi
printf '\nWanted: final ÷ CometBFT at least 4, ÷ limit at least 0.20, received ÷ unique at most 1.6,\n'
printf 'reads under load ÷ idle at most 20, nothing without an answer.\nThe report is in %s\n' "$report"
