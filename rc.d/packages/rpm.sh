#!/bin/sh
# Makes an RPM package of what `make install` puts in place.
#
# Usage: rpm.sh VERSION FOLDER_OF_THE_PROGRAMS FOLDER_OF_THE_PACKAGE

set -eu

here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
umask 022
mkdir "$scratch/tree"

INIT=smokerd INITDIR=/etc/rc.d/init.d UNITDIR=/usr/lib/systemd/system ZSHDIR=/usr/share/zsh/site-functions \
    sh "$here/stage.sh" "$scratch/tree" "$2"
sed -e "s/@VERSION@/$1/" -e "s|@TREE@|$scratch/tree|" -e "/^@LOADS@/ {
    r $here/loads.sh
    d
}" "$here/rpm/smoker.spec" > "$scratch/smoker.spec"

mkdir -p "$3"
folder=$(cd "$3" && pwd)
rpmbuild -bb --quiet --define "_topdir $scratch" --define "_rpmdir $folder" \
    --define "_rpmfilename smoker-%%{version}-%%{release}.%%{arch}.rpm" "$scratch/smoker.spec"
echo "$folder"/smoker-"$1"-*.rpm
