#!/bin/sh
# Makes the Debian packages of what `make install` puts in place: smoker, and python3-smokerd for authors of modules.
#
# Usage: deb.sh VERSION FOLDER_OF_THE_PROGRAMS FOLDER_OF_THE_PACKAGE; from the environment MAINTAINER, SOURCE_DATE_EPOCH

set -eu

version=$1-1
here=$(dirname "$0")
architecture=$(dpkg --print-architecture)
package=$3/smoker_${version}_$architecture.deb

# Who makes packages for others signs with a name of their own.
maintainer=${MAINTAINER:-The Smoker maintainers <smoker@localhost>}

# The same sources make the same package.
: "${SOURCE_DATE_EPOCH:=$(git -C "$here" log -1 --format=%ct 2> /dev/null || date +%s)}"
export SOURCE_DATE_EPOCH

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
mkdir -m 755 "$tree"
umask 022

INIT=smokerd-debian INITDIR=/etc/init.d UNITDIR=/lib/systemd/system ZSHDIR=/usr/share/zsh/vendor-completions \
    PYTHONDIR=/usr/lib/python3/dist-packages \
    sh "$here/stage.sh" "$tree" "$2"

python=$scratch/python
mkdir -p "$python/usr/share/smoker" "$python/usr/lib" "$python/DEBIAN"
mv "$tree/usr/share/smoker/python" "$python/usr/share/smoker/python"
mv "$tree/usr/lib/python3" "$python/usr/lib/python3"

# A configuration that the package gives is not one of its files: dpkg would ask on every host that has one already.
for given in smokerd/smokerd.yaml smokercli.yaml default/smokerd; do
    mkdir -p "$tree/usr/share/smoker/$(dirname "$given")"
    mv "$tree/etc/$given" "$tree/usr/share/smoker/$given"
done
rmdir "$tree/etc/default"
chmod 644 "$tree/usr/share/smoker/smokerd/smokerd.yaml"

# Debian's names for two documents; links of the others go to the names of the sources.
documents=$tree/usr/share/doc/smoker
mv "$documents/LICENSE" "$documents/copyright"
ln -s copyright "$documents/LICENSE"
gzip -9nc "$documents/docs/CHANGELOG.md" > "$documents/changelog.gz"
# changelog PACKAGE: Debian's own, whose only entry names the other one.
changelog() {
    printf '%s (%s) unstable; urgency=medium\n\n  * %s\n\n -- %s  %s\n' "$1" "$version" \
        "Smoker ${version%-*}: see /usr/share/doc/smoker/changelog.gz." \
        "$maintainer" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n
}
changelog smoker > "$documents/changelog.Debian.gz"
mkdir -p "$python/usr/share/doc/python3-smokerd"
cp "$documents/copyright" "$python/usr/share/doc/python3-smokerd/copyright"
changelog python3-smokerd > "$python/usr/share/doc/python3-smokerd/changelog.Debian.gz"

# overrides PACKAGE FOLDER: what lintian is told not to report, each with its reason.
overrides() {
    mkdir -p "$2/usr/share/lintian/overrides"
    awk -v package="$1" -v named="${MAINTAINER:+1}" -v RS= \
        '$0 ~ "(^|\n)" package ": " && !(named && /bogus-mail-host/) { print $0 "\n" }' \
        "$here/debian/lintian-overrides" > "$2/usr/share/lintian/overrides/$1"
}
overrides smoker "$tree"
overrides python3-smokerd "$python"

mkdir "$tree/DEBIAN"

# What the programs need of the system, found where they are linked.
depends="libc6, libgcc-s1"
if command -v dpkg-shlibdeps > /dev/null; then
    mkdir "$scratch/debian"
    : > "$scratch/debian/control"
    depends=$(cd "$scratch" && dpkg-shlibdeps -O tree/usr/sbin/smokerd tree/usr/bin/smokercli tree/usr/bin/check_smoker_plugin tree/usr/bin/smoker-fleet tree/usr/bin/smoker-bridge)
    depends=${depends#shlibs:Depends=}
fi

size=$(du -sk --exclude=DEBIAN "$tree" | cut -f 1)
sed -e "s/@VERSION@/$version/g" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" -e "s/@DEPENDS@/$depends/" \
    -e "s/@MAINTAINER@/$maintainer/" \
    "$here/debian/control" > "$tree/DEBIAN/control"
(cd "$tree" && find etc -type f | sed 's|^|/|') > "$tree/DEBIAN/conffiles"
(cd "$tree" && find usr lib -type f -exec md5sum {} +) > "$tree/DEBIAN/md5sums"
for script in postinst prerm postrm; do
    sed -e "/^@LOADS@/ {
        r $here/loads.sh
        d
    }" "$here/debian/$script" > "$tree/DEBIAN/$script"
    chmod 755 "$tree/DEBIAN/$script"
done

mkdir -p "$3"
dpkg-deb --root-owner-group --build "$tree" "$package"

sed -e "s/@VERSION@/$version/g" -e "s/@MAINTAINER@/$maintainer/" -e "s/@SIZE@/$(du -sk --exclude=DEBIAN "$python" | cut -f 1)/" \
    "$here/debian/control.python" > "$python/DEBIAN/control"
(cd "$python" && find usr -type f -exec md5sum {} +) > "$python/DEBIAN/md5sums"
dpkg-deb --root-owner-group --build "$python" "$3/python3-smokerd_${version}_all.deb"
