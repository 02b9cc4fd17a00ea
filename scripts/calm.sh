#!/usr/bin/env bash
# Says how long a block takes by each engine, in delays of a link, and what it
# costs: where nothing goes wrong, and where a third less one never came up.
set -euo pipefail

testnet=${1:?usage: calm.sh PROGRAM}
for engine in pbft tendermint; do
    "$testnet" sim --engine "$engine" --validators 4,16,64,100 --calm
    for size in '4 1' '16 5' '64 21' '100 33'; do
        read -r validators crashed <<<"$size"
        "$testnet" sim --engine "$engine" --validators "$validators" --crashed "$crashed" --calm --seeds 3
    done
done
