#!/usr/bin/env bash
# Starts a network for development. Everything that is given goes to the node.
set -euo pipefail

built=${1:?usage: run.sh DIRECTORY_WITH_PROGRAMS [FLAG…]}
shift
cat <<TEXT

In another terminal, so that the commands below work as they are written:
  export PATH="$built:\$PATH"

TEXT
exec "$built/pyralog-node" --dev "$@"
