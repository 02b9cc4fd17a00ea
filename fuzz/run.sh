#!/usr/bin/env bash
# Fuzzes every decoder for so many seconds: fuzz/run.sh SECONDS [DECODER...]
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:?usage: fuzz/run.sh SECONDS [DECODER...]}
shift
# Apart from other builds, because the flags differ. What was found once stays
# there as the corpus of the next run.
work=${CARGO_TARGET_DIR:-$HOME/.cache/pyralog/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

echo "== Building the fuzzer (the first time takes a minute or two)"
CARGO_TARGET_DIR=$work cargo build --locked --quiet --bin seeds
# The instrumentation of libFuzzer and AddressSanitizer are options that the
# stable compiler has and hides; this variable shows them to it.
RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$work RUSTFLAGS="\
  -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
  -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares \
  -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
  -Ccodegen-units=1 -Zsanitizer=address --cfg fuzzing -Cdebug-assertions" \
  cargo build --locked --quiet --release --target "$host" --bin decode

mapfile -t all < <("$work/debug/seeds" "$work/corpus")
decoders=("$@")
((${#decoders[@]})) || decoders=("${all[@]}")

cd "$work"
failed=()
for decoder in "${decoders[@]}"; do
  log=$work/$decoder.log
  if PYRALOG_DECODER=$decoder "$work/$host/release/decode" "$work/corpus/$decoder" \
    -max_total_time="$seconds" -max_len=65536 -malloc_limit_mb=16 -rss_limit_mb=1024 \
    -timeout=10 -print_final_stats=1 -artifact_prefix="$work/$decoder-" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
    printf '%-20s %12s inputs, %4s MB at the peak\n' "$decoder" "$runs" "$peak"
  else
    failed+=("$decoder")
    printf '%-20s FAILED; see %s\n' "$decoder" "$log"
    grep -m 3 -E 'panicked|ERROR|Test unit written' "$log" || true
  fi
done
((${#failed[@]} == 0)) || {
  echo "To repeat: PYRALOG_DECODER=NAME $work/$host/release/decode FILE" >&2
  exit 1
}
