#!/bin/sh
# Makes a repository that dnf and yum read: each package is signed, and so is their list.
#
# Usage: yum.sh FOLDER_OF_THE_PACKAGES FOLDER_OF_THE_REPOSITORY; from the environment GPG_KEY, GNUPGHOME, SOURCE_DATE_EPOCH

set -eu

mkdir -p "$2"
cp "$1"/*.rpm "$2"
# Distributions say differently where gpg is.
rpmsign --define "__gpg $(command -v gpg)" --define "_gpg_name $GPG_KEY" ${GNUPGHOME:+--define "_gpg_path $GNUPGHOME"} \
    --addsign "$2"/*.rpm > /dev/null 2> "$2/log" || {
    cat "$2/log" >&2
    exit 1
}
rm "$2/log"
createrepo_c --quiet --no-database --revision "$SOURCE_DATE_EPOCH" --set-timestamp-to-revision "$2"
gpg --batch --local-user "$GPG_KEY" --armor --detach-sign "$2/repodata/repomd.xml"
