#!/usr/bin/env bash
# Installs what a build needs and this machine lacks: on Debian and Ubuntu by
# apt, elsewhere it says what to install. Says nothing when nothing is missing.
set -euo pipefail

readonly RUST_MIN=1.95

packages=()
need() { # need PROBE PACKAGE: the package, if the command PROBE is not there
  command -v "$1" >/dev/null || packages+=("$2")
}
need git git
need cc gcc
need c++ g++
# RocksDB's bindings are made while building, by a library without a command.
has_libclang() {
  local folder library
  for folder in "${LIBCLANG_PATH:-}" /usr/lib/llvm-*/lib /usr/lib/*-linux-gnu /usr/lib /usr/lib64 /usr/local/lib; do
    # Not `libclang-cpp`, which is another one.
    for library in "$folder" "$folder"/libclang.so* "$folder"/libclang-[0-9]*.so*; do
      [[ -f $library ]] && return
    done
  done
  return 1
}
has_libclang || packages+=(libclang-dev)

if ((${#packages[@]})); then
  if ! command -v apt-get >/dev/null; then
    echo "Missing: ${packages[*]} (Debian's names). Install them with your package manager, then try again." >&2
    exit 1
  fi
  echo "== Installing ${packages[*]}"
  as_root=()
  ((EUID == 0)) || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null
fi

if ! command -v cargo >/dev/null; then
  echo "Missing: Rust $RUST_MIN or newer. Install it by rustup (see rustup.rs), open a new shell, then try again." >&2
  exit 1
fi

version=$(rustc --version | cut -d ' ' -f 2)
if [[ $(printf '%s\n' "$RUST_MIN" "$version" | sort -V | head -n 1) != "$RUST_MIN" ]]; then
  echo "Rust $version is too old: $RUST_MIN or newer is needed. Run 'rustup update stable', then try again." >&2
  exit 1
fi

for component in fmt:rustfmt clippy:clippy; do
  if ! cargo "${component%%:*}" --version >/dev/null 2>&1; then
    echo "== Installing ${component##*:}"
    rustup component add "${component##*:}"
  fi
done
