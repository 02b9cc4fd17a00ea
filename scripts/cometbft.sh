#!/usr/bin/env bash
# Runs four validators of CometBFT with its kvstore on this machine, offers them
# transactions by its own load tool, and prints what became of them:
#   committed in a second, p50 and p99 in ms from sending to the time of the
#   block, bytes received ÷ unique bytes.
# Nothing is left of it.
set -euo pipefail

usage='usage: cometbft.sh DIRECTORY_WITH_PROGRAMS default|tuned RATE SECONDS'
tools=${1:?$usage} manner=${2:?$usage} rate=${3:?$usage} seconds=${4:?$usage}
size=250
nodes=(127.0.255.1 127.0.255.2 127.0.255.3 127.0.255.4)
home=$(mktemp -d)
pids=()

finish() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$home"
}
trap finish EXIT

# What its defaults hold back for networks of many validators far apart.
tune() {
  sed -i \
    -e 's/^timeout_commit = .*/timeout_commit = "0s"/' \
    -e 's/^skip_timeout_commit = .*/skip_timeout_commit = true/' \
    -e 's/^peer_gossip_sleep_duration = .*/peer_gossip_sleep_duration = "5ms"/' \
    -e 's/^flush_throttle_timeout = .*/flush_throttle_timeout = "2ms"/' \
    -e 's/^\(send\|recv\)_rate = .*/\1_rate = 1000000000/' \
    -e 's/^recheck = .*/recheck = false/' \
    -e 's/^size = .*/size = 200000/' \
    -e 's/^cache_size = .*/cache_size = 400000/' \
    -e 's/^indexer = .*/indexer = "null"/' \
    "$1"
}

# The bytes that all four have received from each other so far.
received() {
  ss -tinHO state established | awk '
    $3 ~ /^127\.0\.255\.[1-4]:26656$/ || $4 ~ /^127\.0\.255\.[1-4]:26656$/ {
      for (i = 5; i <= NF; i++)
        if (sub(/^bytes_received:/, "", $i)) sum += $i
    }
    END { printf "%.0f\n", sum }'
}

height() {
  curl -sf --max-time 2 "http://${nodes[0]}:26657/status" |
    sed -n 's/.*"latest_block_height": *"\([0-9]*\)".*/\1/p'
}

"$tools/cometbft" testnet --v ${#nodes[@]} --o "$home" --populate-persistent-peers \
  --starting-ip-address "${nodes[0]}" >"$home.log" 2>&1 || { cat "$home.log" >&2; exit 1; }
rm -f "$home.log"
endpoints=
for place in "${!nodes[@]}"; do
  ip=${nodes[place]} config=$home/node$place/config/config.toml
  sed -i \
    -e "s|^laddr = \"tcp://127.0.0.1:26657\"|laddr = \"tcp://$ip:26657\"|" \
    -e "s|^laddr = \"tcp://0.0.0.0:26656\"|laddr = \"tcp://$ip:26656\"|" \
    -e 's/^log_level = .*/log_level = "error"/' \
    "$config"
  if [ "$manner" = tuned ]; then tune "$config"; fi
  "$tools/cometbft" start --home "$home/node$place" --proxy_app kvstore >"$home/node$place.log" 2>&1 &
  pids+=($!)
  endpoints+=${endpoints:+,}ws://$ip:26657/websocket
done

for _ in $(seq 100); do
  now=$(height || true)
  if [ "${now:-0}" -ge 3 ]; then break; fi
  sleep 0.2
done
if [ "${now:-0}" -lt 3 ]; then
  echo 'error: CometBFT made no blocks' >&2
  tail -n 5 "$home"/node*.log >&2
  exit 1
fi

before=$(received)
"$tools/load" -c 1 -T "$seconds" -r $((rate / ${#nodes[@]})) -s $size \
  --broadcast-tx-method sync --endpoints "$endpoints" >"$home/load.log" 2>&1 || {
  tail -n 20 "$home/load.log" >&2
  exit 1
}
# What is pending becomes final, for so long at most. A pool may be empty while
# transactions are on their way to it.
sleep 2
for _ in $(seq 40); do
  pending=$(curl -sf --max-time 5 "http://${nodes[0]}:26657/num_unconfirmed_txs" |
    sed -n 's/.*"n_txs": *"\([0-9]*\)".*/\1/p' || true)
  if [ "${pending:-1}" = 0 ]; then break; fi
  sleep 0.5
done
after=$(received)

for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
pids=()
"$tools/report" --data-dir "$home/node0/data" --csv "$home/latencies.csv"
# The rate is that from the first to the last block with a transaction in it:
# what was still pending at the end counts, and so does the time it took.
sort -t, -k3,3n <(tail -n +2 "$home/latencies.csv") | awk -F, \
  -v bytes=$((after - before)) -v size=$size -v others=$((${#nodes[@]} - 1)) -v seconds="$seconds" '
  { times[NR] = $3 / 1e6 }
  $2 < first || !first { first = $2 }
  $2 > last { last = $2 }
  END {
    if (!NR) { print "0 - - -"; exit }
    span = (last - first) / 1e9
    if (span < seconds) span = seconds
    printf "%.0f %.0f %.0f %.2f\n", NR / span, times[int(NR / 2) + 1],
      times[int(NR * 0.99) + 1], bytes / (NR * size * others)
  }'
