#!/usr/bin/env bash
# Shows what runs so far. There is no node yet, and this says so.
set -euo pipefail

pyralog=${1:?usage: run.sh PATH_TO_PYRALOG}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
password=$work/password
genesis=$work/genesis.toml
key=validator-1
(umask 077 && head -c 18 /dev/urandom | base64 >"$password")
home=(--home "$work/home")

show() { # show COMMAND...: prints it as one would type it, then runs it
  local shown="pyralog"
  local argument
  for argument in "${@:2}"; do
    argument=${argument//$work/DIR}
    shown+=" $argument"
  done
  printf '\n$ %s\n' "$shown"
  "$@"
}

cat <<'TEXT'

Pyralog, as far as it is built: the words, the genesis document, keys, and the
command line for them. There is NO NODE YET: nothing listens and nothing is
agreed upon. This makes the genesis document of a development network in a
temporary directory, as an operator would, and removes it again.
TEXT
show "$pyralog" "${home[@]}" keys new "$key" --password-file "$password"
address=$("$pyralog" "${home[@]}" keys show "$key" --address)
show "$pyralog" genesis new --chain-id dev-local --consensus solo "$genesis"
show "$pyralog" genesis add-account "$genesis" "$address" 1000
show "$pyralog" "${home[@]}" genesis add-validator "$genesis" --name first --key "$key" --stake 100 --password-file "$password"
show "$pyralog" genesis validate "$genesis"
show "$pyralog" "${home[@]}" keys sign "$key" hello --password-file "$password"

cat <<TEXT

Next: docs/src/using/first-network.md, or
  $pyralog --help
TEXT
