#!/bin/sh
# Makes signed repositories of the packages: one that apt reads, one that dnf and yum read, and their public key.
#
# Usage: repo.sh FOLDER_OF_THE_PACKAGES; it gets a folder repo. From the environment GPG_KEY (which key of the keyring signs), SOURCE_DATE_EPOCH
#
# The repositories are made in a folder of their own and moved when they are complete.

set -eu
umask 022

here=$(cd "$(dirname "$0")" && pwd)
dist=$1

refuse() {
    echo "$*" >&2
    exit 1
}

missing=$(
    # needs PROGRAM PACKAGE
    needs() {
        command -v "$1" > /dev/null || echo "$1: apt-get install $2"
    }
    needs gpg gpg
    needs dpkg-scanpackages dpkg-dev
    needs createrepo_c createrepo-c
    needs rpmsign rpm
)
[ -z "$missing" ] || refuse "nothing was made, because this is missing:
$missing"
for kind in deb rpm; do
    ls "$dist"/*."$kind" > /dev/null 2>&1 || refuse "$dist has no .$kind; run make $kind first"
done

: "${SOURCE_DATE_EPOCH:=$(git -C "$here" log -1 --format=%ct 2> /dev/null || date +%s)}"
export SOURCE_DATE_EPOCH

dist=$(cd "$dist" && pwd)
new=$dist/.repo
mkdir "$new" 2> /dev/null || refuse "$new is there: repositories are being made, or that was killed; remove it"
scratch=$(mktemp -d)
trap 'rm -rf "$new" "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

if [ -n "${GPG_KEY:-}" ]; then
    told="signed with $GPG_KEY"
else
    export GNUPGHOME="$scratch"
    GPG_KEY="throw-away@localhost"
    gpg --batch --quiet --passphrase '' --quick-generate-key "Smoker <$GPG_KEY>" rsa3072 sign never 2> /dev/null
    told="signed with a throw-away key, which tells nobody who made this; sign with GPG_KEY=NAME"
fi
export GPG_KEY
gpg --batch --armor --export "$GPG_KEY" > "$new/smoker.asc"
[ -s "$new/smoker.asc" ] || refuse "the keyring has no key $GPG_KEY; gpg --list-secret-keys lists those that it has"

sh "$here/apt.sh" "$dist" "$new/apt"
sh "$here/yum.sh" "$dist" "$new/yum"

[ -z "${GNUPGHOME:-}" ] || gpgconf --kill all 2> /dev/null || true
rm -rf "$dist/repo"
mv "$new" "$dist/repo"
echo "$told"
echo "$dist/repo"
