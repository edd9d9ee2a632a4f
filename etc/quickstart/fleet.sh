#!/bin/sh
# Starts a NATS server and 20 daemons with their bridges on this host, runs all plugins through NATS, shows the table, and
# leaves all of it running until Ctrl-C. It takes ports that are free, so two of them do not meet.
#
# Usage: fleet.sh FOLDER_OF_THE_PROGRAMS [HOSTS]

set -eu

programs=$1
hosts=${2:-20}
PATH=$PATH:/usr/sbin
if ! command -v nats-server > /dev/null; then
    echo "nats-server is not found; install it: apt-get install nats-server" >&2
    exit 1
fi

scratch=$(mktemp -d)
started=
stop() {
    # A second Ctrl-C must not leave half of it behind.
    trap '' INT TERM HUP
    # shellcheck disable=SC2086 # a list of numbers
    kill $started 2> /dev/null || true
    wait
    rm -rf "$scratch"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# The end of each log, before all of them are removed.
fail() {
    echo "$1; the last lines of the logs:" >&2
    for log in "$scratch"/*.log "$scratch"/*/*.log; do
        [ ! -s "$log" ] || { echo "--- $log" && tail -n 5 "$log"; } >&2
    done
    exit 1
}

nats-server -a 127.0.0.1 -p -1 --ports_file_dir "$scratch" -js -sd "$scratch/jetstream" > "$scratch/nats.log" 2>&1 &
server=$!
started=$server
url=
tries=100
until [ -n "$url" ] && "$programs/smoker-bridge" streams --servers "$url" 2> "$scratch/streams.log"; do
    tries=$((tries - 1))
    { [ "$tries" -gt 0 ] && kill -0 "$server" 2> /dev/null; } || fail "the NATS server does not serve"
    sleep 0.1
    url=$(sed -n 's,.*"nats":\["\(nats://[^"]*\)".*,\1,p' "$scratch"/nats-server_*.ports 2> /dev/null || true)
done

number=1
while [ "$number" -le "$hosts" ]; do
    name=$(printf 'web%02d' "$number")
    folder=$scratch/$name
    mkdir "$folder"
    # One host differs, as one always does.
    word=free
    [ "$number" != 7 ] || word=full
    cat > "$folder/smokerd.yaml" << EOF
bind_host: 127.0.0.1
bind_port: 0
socket: $folder/socket
state_dir: $folder/state
templates:
  BasePlugin:
    Interval: 10s
plugins:
  Disk:
    Command: echo 'the disk is $word'; test $word = free
  Load:
    Command: cat /proc/loadavg
EOF
    "$programs/smokerd" -fg --no-syslog -c "$folder/smokerd.yaml" > "$folder/smokerd.log" 2>&1 &
    started="$started $!"
    "$programs/smoker-bridge" --servers "$url" --name "$name" -g web --socket "$folder/socket" --state-dir "$folder/published" \
        > "$folder/bridge.log" 2>&1 &
    started="$started $!"
    number=$((number + 1))
done

there() {
    "$programs/smokercli" hosts --nats "$url" -o ndjson 2> /dev/null | grep -c '"there"' || true
}
tries=300
until [ "$(there)" -ge "$hosts" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "not all hosts are there"
    sleep 0.1
done

cat << EOF
$hosts hosts are there, $url

\$ smokercli --nats $url -g web -f -o table
EOF
"$programs/smokercli" --nats "$url" -g web -f -o table --no-progress || true
cat << EOF

Ctrl-C stops it. Until then, in another terminal:

  $programs/smokercli hosts --nats $url
  $programs/smokercli odd --nats $url
  $programs/smoker-fleet --nats $url
  $programs/smoker-bridge sink file results.jsonl --servers $url
EOF
wait
