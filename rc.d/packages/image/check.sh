#!/bin/sh
# Looks at an image: its digests, and what an engine would do with it, in namespaces of its own: the first process, the health check, a
# token, a run, orphans, the stop.
#
# Usage: check.sh IMAGE, as root

set -eu

image=$1
[ "$(id -u)" = 0 ] || {
    echo "image-check: needs root: the image is unpacked with its accounts, and started in namespaces" >&2
    exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tar -xf "$image" -C "$scratch"
cd "$scratch"

failed() {
    echo "FAIL  $*"
    exit 1
}

# field FILE PATH...: what a document has at a path.
field() {
    python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for step in sys.argv[2:]:
    value = value[int(step) if isinstance(value, list) else step]
print(json.dumps(value) if isinstance(value, (dict, list)) else value)' "$@"
}

# blob DIGEST: its file, when that is what the digest says.
blob() {
    file=blobs/$(echo "$1" | tr : /)
    echo "${1#sha256:}  $file" | sha256sum --check --status || failed "$1 is not the digest of $file"
    echo "$file"
}

manifest=$(blob "$(field index.json manifests 0 digest)")
config=$(blob "$(field "$manifest" config digest)")
layer=$(blob "$(field "$manifest" layers 0 digest)")
[ "$(gzip -dc "$layer" | sha256sum | cut -d ' ' -f 1)" = "$(field "$config" rootfs diff_ids 0 | sed 's/^sha256://')" ] ||
    failed "the layer is not what the configuration says"
[ "$(field manifest.json 0 Layers 0)" = "$layer" ] || failed "manifest.json has another layer than the index"
echo "ok    digests"

mkdir root
tar -xpf "$layer" -C root --numeric-owner
user=$(field "$config" config User)
[ "${user%%:*}" -gt 0 ] || failed "it runs as root"
entrypoint=$(field "$config" config Entrypoint | tr -d '[]",')
health=$(field "$config" config Healthcheck Test | tr -d '[]",' | sed 's/^CMD //')

# As an engine: the daemon is the first process, and what is beside it comes from outside.
cat > start << 'START'
mount -t proc proc "$1/proc"
mount -t tmpfs -o nosuid,mode=755 tmpfs "$1/dev"
for node in null zero full random urandom; do
    : > "$1/dev/$node"
    mount --bind "/dev/$node" "$1/dev/$node"
done
ip link set lo up
root=$1 user=$2
shift 2
exec chroot --userspec="$user" "$root" "$@"
START
# shellcheck disable=SC2086 # words
env -i PATH="$PATH" LC_ALL=C.UTF-8 unshare --mount --pid --net --ipc --uts --fork --kill-child sh start "$scratch/root" "$user" $entrypoint > log 2>&1 < /dev/null &
engine=$!
trap 'kill -9 "$engine" 2> /dev/null || true; rm -rf "$scratch"' EXIT

first() {
    pgrep -P "$engine" | head -n 1
}

# inside COMMAND...: as `docker exec` does.
inside() {
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        nsenter --target "$(first)" --mount --pid --net --ipc --uts --root --wd --setuid "${user%%:*}" --setgid "${user##*:}" "$@"
}

tries=60
# shellcheck disable=SC2086 # words
until inside $health > answer 2>&1; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ] || ! kill -0 "$engine" 2> /dev/null; then
        cat answer log
        failed "its health check, $health, does not succeed"
    fi
    sleep 0.5
done
echo "ok    the daemon runs as $user, and its health check answers"

token=$(inside smokerd --token add reader --role read 2> log.token | tail -n 1)
[ -n "$token" ] || failed "no token is made"
inside smokercli -f -p Memory -o long > run 2>&1 || {
    cat run
    failed "a run"
}
grep -q '\[OK\]' run || failed "a run: $(cat run)"
echo "ok    a token is made, and a forced run is OK"

echo 'Command: echo added' > root/etc/smokerd/plugin.d/Added.yaml
inside smokerd --reload=1 > reload 2>&1 || failed "smokerd --reload=1: $(cat reload)"
inside smokercli -l | grep -qx Added || failed "smokerd --reload has not read a file in plugin.d"
echo "ok    a plugin is added by a reload"

# The child of a process that ends is the first process's to collect.
inside sh -c '(sleep 1 &) ; (true &)'
sleep 2
tries=20
while inside sh -c 'grep -q "^State:.Z" /proc/[0-9]*/status 2> /dev/null'; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || failed "processes that have ended are not collected"
    sleep 0.5
done
echo "ok    it collects orphans"

kill -TERM "$(first)"
tries=40
while kill -0 "$engine" 2> /dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || failed "it goes on after SIGTERM"
    sleep 0.25
done
code=0
wait "$engine" || code=$?
[ "$code" = 0 ] || {
    cat log
    failed "it ended with $code after SIGTERM"
}
echo "ok    it ends with 0 after SIGTERM"
