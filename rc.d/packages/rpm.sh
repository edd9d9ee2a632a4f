#!/bin/sh
# Makes the RPM packages of what `make install` puts in place: smoker, and python3-smokerd for authors of modules.
#
# Usage: rpm.sh VERSION FOLDER_OF_THE_PROGRAMS FOLDER_OF_THE_PACKAGE; from the environment MAINTAINER, SOURCE_DATE_EPOCH

set -eu

here=$(dirname "$0")
maintainer=${MAINTAINER:-The Smoker maintainers <smoker@localhost>}
: "${SOURCE_DATE_EPOCH:=$(git -C "$here" log -1 --format=%ct 2> /dev/null || date +%s)}"
export SOURCE_DATE_EPOCH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
umask 022
mkdir "$scratch/tree"

# The folder of this system's python3: the package for authors is for systems of its kind.
python=$(rpm --eval '%{?python3_sitelib}')
python=${python:-$(cd / && python3 -s -c 'import sys; print([entry for entry in sys.path if entry.endswith("-packages")][-1])')}

INIT=smokerd INITDIR=/etc/rc.d/init.d UNITDIR=/usr/lib/systemd/system ZSHDIR=/usr/share/zsh/site-functions \
    PYTHONDIR="$python" \
    sh "$here/stage.sh" "$scratch/tree" "$2"
sed -e "s/@VERSION@/$1/g" -e "s|@TREE@|$scratch/tree|" -e "s|@PYTHON@|$python|" \
    -e "s/@MAINTAINER@/$maintainer/" -e "s/@DATE@/$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')/" -e "/^@LOADS@/ {
    r $here/loads.sh
    d
}" "$here/rpm/smoker.spec" > "$scratch/smoker.spec"

mkdir -p "$3"
folder=$(cd "$3" && pwd)
rpmbuild -bb --quiet --define "_topdir $scratch" --define "_rpmdir $folder" \
    --define "_rpmfilename %%{name}-%%{version}-%%{release}.%%{arch}.rpm" "$scratch/smoker.spec"
echo "$folder"/smoker-"$1"-*.rpm
