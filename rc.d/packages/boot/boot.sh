#!/bin/sh
# Boots a Debian of its own with its kernel and systemd in a virtual machine, and installs the package in there: inside.sh tells what is tried.
#
# Usage: boot.sh VERSION FOLDER_OF_THE_PACKAGES, as root; from the environment SUITE (bookworm), ACCELERATOR (tcg), SECONDS_TO_BOOT (600)

set -eu

here=$(cd "$(dirname "$0")" && pwd)
package=$2/smoker_$1-1_amd64.deb
suite=${SUITE:-bookworm}

refuse() {
    echo "boot-test: $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || refuse "needs root: mmdebstrap makes the accounts and devices of a system"
[ -e "$package" ] || refuse "$package is not there; make it: make deb"
for tool in mmdebstrap:mmdebstrap qemu-system-x86_64:qemu-system-x86 mkfs.ext4:e2fsprogs dpkg-deb:dpkg; do
    command -v "${tool%:*}" > /dev/null || refuse "${tool%:*} is not found; install it: apt-get install ${tool#*:}"
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root

# The package that was there before: the same programs with an older version.
older=$scratch/older
dpkg-deb -R "$package" "$older"
sed -i "s/^Version: .*/Version: $1~before-1/" "$older/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -z1 --build "$older" "$scratch/before.deb" > /dev/null

# What the package depends on, without the package: it is dpkg in the machine that installs it.
needed=$(sh "$here/../depends.sh" "$package")
mmdebstrap --quiet --variant=minbase --include="systemd-sysv,dbus,procps,linux-image-cloud-amd64,initramfs-tools,$needed" \
    "$suite" "$root"
mkdir "$root/packages"
cp "$package" "$root/packages/this.deb"
cp "$scratch/before.deb" "$root/packages"
cp "$here/inside.sh" "$root/packages"
cp "$here/boot-test.service" "$root/etc/systemd/system"
systemctl --quiet --root="$root" enable boot-test.service
mkdir -p "$root/var/log/journal"
cp "$root"/boot/vmlinuz-* "$scratch/kernel"
cp "$root"/boot/initrd.img-* "$scratch/initrd"
truncate -s 3G "$scratch/disk"
mkfs.ext4 -q -d "$root" "$scratch/disk"
rm -rf "$root"

# The kernel and systemd write to the first serial line, the test to the second.
timeout "${SECONDS_TO_BOOT:-600}" qemu-system-x86_64 -accel "${ACCELERATOR:-tcg}" -cpu max -smp 2 -m 1024 -nodefaults -display none \
    -serial "file:$scratch/console" -chardev "file,id=report,path=$scratch/report" -serial chardev:report \
    -drive "file=$scratch/disk,format=raw,if=virtio,cache=unsafe" -kernel "$scratch/kernel" -initrd "$scratch/initrd" \
    -append "root=/dev/vda rw console=ttyS0 quiet" < /dev/null ||
    echo "boot-test: the machine did not end by itself within ${SECONDS_TO_BOOT:-600} s" >&2
tr -d '\r' < "$scratch/report"
if ! grep -q '^boot-test: everything held' "$scratch/report"; then
    echo "boot-test: what the machine wrote to its console:" >&2
    tail -n 100 "$scratch/console" >&2
    exit 1
fi
