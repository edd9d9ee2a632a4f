#!/bin/sh
# Starts the programs with the C library and loader of old systems: versions, --check, a daemon, a run, a fetch.
#
# Usage: old_systems.sh FOLDER_OF_A_TARGET; from the environment OLD_SYSTEMS: folders in which libc6, libgcc and busybox-static of such a
# system are unpacked. Without it the packages of Debian 10 and 11 are fetched from where this machine has its own.

set -eu

programs=$(cd "$1" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

told() {
    echo "told  $*"
}

# fetch SUITE LIBGCC: unpacks its packages in $scratch/SUITE, with lists and a state of their own.
fetch() {
    # shellcheck disable=SC2016 # for apt-get
    uri=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' | sed -n 's/ main$//p' | grep '/debian/$' | head -n 1)
    [ -n "$uri" ] || return 1
    mkdir -p "$scratch/apt/lists/partial" "$scratch/apt/cache/archives/partial" "$scratch/$1" "$scratch/debs"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $1 main" > "$scratch/apt/sources.list"
    for command in update "download libc6 $2 busybox-static"; do
        # shellcheck disable=SC2086 # words
        (cd "$scratch/debs" && apt-get -q $command -o Dir::Etc::SourceList="$scratch/apt/sources.list" -o Dir::Etc::SourceParts=- \
            -o Dir::State::Lists="$scratch/apt/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$scratch/apt/cache" \
            -o APT::Sandbox::User=root) > "$scratch/apt/log" 2>&1 || return 1
    done
    for package in "$scratch"/debs/*.deb; do
        dpkg-deb -x "$package" "$scratch/$1"
        rm "$package"
    done
}

cat > "$scratch/smokerd.yaml" << 'YAML'
bind_host: 127.0.0.1
bind_port: 8086
templates:
  BasePlugin:
    Timeout: 10
plugins:
  Shell:
    Interval: 60
    Command: echo hello
  Memory:
    Interval: 60
    Check: memory
YAML

# What runs in the root of the old system, with a network and processes of its own; all of them end with it.
cat > "$scratch/inside.sh" << 'INSIDE'
set -eu
busybox mount -t proc proc /proc
busybox ip link set lo up
/smoker/smokerd --version
/smoker/check_smoker_plugin --version
/smoker/smoker-fleet --version
/smoker/smoker-bridge --version
/smoker/smokerd --check -c /smokerd.yaml
/smoker/smokerd -fg -c /smokerd.yaml > /log 2>&1 &
tries=0
until /smoker/smokercli -s 127.0.0.1:8086 -f -o long > /answer 2>&1 && busybox grep -q hello /answer; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || { busybox cat /answer /log; exit 1; }
    busybox sleep 1
done
busybox grep '\[OK\]' /answer
INSIDE

# start NAME ROOT
start() {
    root=$scratch/roots/$1
    mkdir -p "$scratch/roots"
    cp -a "$2" "$root"
    mkdir -p "$root/proc" "$root/dev" "$root/tmp" "$root/bin" "$root/smoker" "$root/etc"
    ln -sf busybox "$root/bin/sh"
    cp "$programs/smokerd" "$programs/smokercli" "$programs/check_smoker_plugin" "$programs/smoker-fleet" "$programs/smoker-bridge" "$root/smoker"
    cp "$scratch/smokerd.yaml" "$scratch/inside.sh" "$root"
    as_root=
    [ "$(id -u)" = 0 ] || as_root=--map-root-user
    # shellcheck disable=SC2016 # for the inner shell
    if unshare $as_root --mount --pid --net --fork sh -c 'mount --rbind /dev "$0/dev" && PATH=/bin exec /usr/sbin/chroot "$0" /bin/sh /inside.sh' "$root" > "$scratch/out" 2>&1; then
        echo "ok    starts on $1, with $(libc "$root"): versions, --check, a run and a fetch"
    else
        echo "FAIL  starts on $1, with $(libc "$root")"
        sed 's/^/      /' "$scratch/out"
        failed=1
    fi
}

# libc ROOT: its version, by the name or the text of the library.
libc() {
    library=$(find "$1" -name 'libc.so.6' -o -name 'libc-2.*.so' | head -n 1)
    strings "$library" | sed -n 's/^GNU C Library .*version \([0-9.]*[0-9]\).*/glibc \1/p' | head -n 1
}

failed=0
if [ -n "${OLD_SYSTEMS:-}" ]; then
    for root in $OLD_SYSTEMS; do
        start "$(basename "$root")" "$root"
    done
elif command -v apt-get > /dev/null; then
    for system in "Debian-10 buster libgcc1" "Debian-11 bullseye libgcc-s1"; do
        # shellcheck disable=SC2086 # words
        set -- $system
        if fetch "$2" "$3"; then
            start "$1" "$scratch/$2"
        else
            told "not tried on $1: its packages ($2) are not where this machine has its own; unpack libc6, $3 and busybox-static: OLD_SYSTEMS=FOLDER"
        fi
    done
else
    told "not tried on older systems: there is no apt-get; unpack their libc6, libgcc and busybox-static: OLD_SYSTEMS=FOLDER"
fi
exit "$failed"
