#!/usr/bin/env bash
# Begins a network, of four validators if nothing else is said, and leaves it
# running. Everything that is given goes to `pyralog-testnet up`.
set -euo pipefail

built=${1:?usage: testnet.sh DIRECTORY_WITH_PROGRAMS [FLAG…]}
shift
cat <<TEXT

So that the commands below work as they are written:
  export PATH="$built:\$PATH"

TEXT
exec "$built/pyralog-testnet" up "$@"
