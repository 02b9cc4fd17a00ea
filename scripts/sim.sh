#!/usr/bin/env bash
# Simulates many networks, and says what was exercised. The first violation
# ends it, with the command that shows it again.
set -euo pipefail

testnet=${1:?usage: sim.sh PROGRAM SEEDS}
seeds=${2:?usage: sim.sh PROGRAM SEEDS}
some=$(((seeds + 9) / 10))

for engine in pbft tendermint; do
    printf '\n== %s: faults of all kinds, 4 and 7 validators\n' "$engine"
    "$testnet" sim --engine "$engine" --validators 4 --seeds "$seeds"
    "$testnet" sim --engine "$engine" --validators 7 --seeds "$some"
    printf '\n== %s: the same with ed25519 signatures\n' "$engine"
    "$testnet" sim --engine "$engine" --validators 4 --seeds "$(((some + 9) / 10))" --signatures ed25519
    printf '\n== %s: one key in two processes\n' "$engine"
    "$testnet" sim --engine "$engine" --validators 4 --twins 1 --seeds "$some"
    "$testnet" sim --engine "$engine" --validators 7 --twins 2 --seeds "$some"
    printf '\n== %s: whole nodes, with their ledgers and disks\n' "$engine"
    "$testnet" sim --engine "$engine" --validators 1,4 --whole --seeds "$(((some + 9) / 10))"
done
printf '\n== A lone validator\n'
"$testnet" sim --engine solo --validators 1 --seeds "$some"
printf '\n== How long a block takes where nothing goes wrong, and where a third is down\n'
"$(dirname "$0")/calm.sh" "$testnet"
