#!/bin/sh
# Makes an image for containers of the Debian package: a minimal Debian, the programs, and a daemon that runs without root. No engine is needed.
#
# Usage: image.sh VERSION FOLDER_OF_THE_PACKAGES, as root; it gets smoker-VERSION-ARCHITECTURE.oci.tar. From the environment SUITE (bookworm),
# SOURCE_DATE_EPOCH

set -eu
umask 022

here=$(cd "$(dirname "$0")" && pwd)
suite=${SUITE:-bookworm}

refuse() {
    echo "image: $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || refuse "needs root: mmdebstrap makes the accounts and devices of a system"
for tool in mmdebstrap:mmdebstrap dpkg-deb:dpkg python3:python3; do
    command -v "${tool%:*}" > /dev/null || refuse "${tool%:*} is not found; install it: apt-get install ${tool#*:}"
done
architecture=$(dpkg --print-architecture)
package=$2/smoker_$1-1_$architecture.deb
[ -e "$package" ] || refuse "$package is not there; make it: make deb"

: "${SOURCE_DATE_EPOCH:=$(git -C "$here" log -1 --format=%ct 2> /dev/null || date +%s)}"
export SOURCE_DATE_EPOCH

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

needed=$(sh "$here/../depends.sh" "$package")
root=$scratch/root
# shellcheck disable=SC2016 # mmdebstrap gives the root as the first argument of its shells.
mmdebstrap --quiet --variant=minbase --include="ca-certificates,$needed" \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook="copy-in '$package' /tmp" --customize-hook='chroot "$1" sh -c "dpkg --install /tmp/smoker_*.deb && rm /tmp/smoker_*.deb"' \
    "$suite" "$root" > "$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    refuse "no root was made"
}

user=$(sed -n 's/^smoker:[^:]*:\([0-9]*:[0-9]*\):.*/\1/p' "$root/etc/passwd")
[ -n "$user" ] || refuse "the package has made no account smoker"
install -m 640 -g "${user#*:}" "$here/smokerd.yaml" "$root/etc/smokerd/smokerd.yaml"
mkdir "$root/etc/smokerd/plugin.d"
echo "Check: load" > "$root/etc/smokerd/plugin.d/Load.yaml"
echo "Check: memory" > "$root/etc/smokerd/plugin.d/Memory.yaml"
install -d -m 700 -o "${user%:*}" -g "${user#*:}" "$root/var/lib/smokerd"
install -d -m 755 -o "${user%:*}" -g "${user#*:}" "$root/run/smokerd"
# Where clients look for it.
ln -s smokerd/smokerd.sock "$root/run/smokerd.sock"
# What tells when and where it was made.
rm -rf "$root"/var/log/dpkg.log "$root"/var/log/apt "$root"/var/log/alternatives.log "$root"/var/log/bootstrap.log "$root"/var/cache/* \
    "$root"/var/lib/dpkg/*-old "$root/etc/hostname" "$root/etc/resolv.conf"
tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --clamp-mtime --numeric-owner -C "$root" -cf "$scratch/root.tar" .

image=$2/smoker-$1-$architecture.oci.tar
python3 "$here/layout.py" "$scratch/root.tar" "$1" "$architecture" "$user" "$image.new"
mv "$image.new" "$image"
echo "$image: $(du -h "$image" | cut -f 1)"
