#!/bin/sh
# Starts smokerd in the foreground with the quick-start configuration, asks it
# for a first run, and leaves it running until Ctrl-C.
#
# Usage: run.sh FOLDER_OF_THE_PROGRAMS

set -eu

programs=$1
folder=$(dirname "$0")
address=127.0.0.1:8086
config=$folder/smokerd.yaml
[ "$(uname)" != Darwin ] || config=$folder/macos.yaml

# Who has checked this out may run it as root: root takes files of other accounts only when it is told to.
# shellcheck disable=SC2012,SC2046 # ls is everywhere, and prints a number.
owner=$(set -- $(ls -nd "$config"); echo "$3")

"$programs/smokerd" -fg --no-syslog --trust-owner "$owner" -c "$config" &
daemon=$!
trap 'kill "$daemon" 2> /dev/null || true; wait "$daemon" || true' EXIT
trap 'exit 130' INT TERM

# The daemon answers within moments or says on this terminal why it does not.
tries=50
until "$programs/smokercli" -s "$address" -l > /dev/null 2>&1; do
    kill -0 "$daemon" 2> /dev/null || exit 1
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "smokerd does not answer on $address" >&2; exit 1; }
    sleep 0.1
done

cat <<EOF
smokerd runs with $config and answers on http://$address/

\$ smokercli -s $address --smoke -f
EOF
"$programs/smokercli" -s "$address" --smoke -f --no-progress || true
hint() {
    printf '  %-52s %s\n' "$1" "$2"
}

echo
echo "Ctrl-C stops it. Until then, in another terminal:"
echo
hint "$programs/smokercli" "what the timed runs gave"
hint "$programs/smokercli -o long -p LargestLogs -f" "run one plugin, show all of it"
hint "$programs/smokercli --error --warn" "only what is wrong"
hint "$programs/check_smoker_plugin -f DiskSpace" "as a Nagios check"
hint "curl http://$address/plugins" "what a script would read"
hint "$programs/smokerd --check -c FILE" "try a configuration of your own"
wait "$daemon"
