#!/bin/sh
# Builds the artefacts of a release: a folder and an archive for each target, what they are made of, checksums, a signature.
#
# Usage: release.sh VERSION FOLDER_OF_THE_ARTEFACTS
#
# From the environment: TARGETS (of those in targets.sh), MINISIGN_KEY (the file of the secret key), SOURCE_DATE_EPOCH, CARGO, JOBS,
# and RUNNABLE (a folder with programs for this machine, when no target is).
#
# Everything is made in a folder of its own and moved when all of it is there, SHA256SUMS last: what has this file is whole.

set -eu
umask 022

version=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=targets.sh
. "$here/targets.sh"
# shellcheck disable=SC2086 # words
set -- $2 ${TARGETS:-$ALL_TARGETS}
dist=$1
shift

refuse() {
    echo "$*" >&2
    exit 1
}

for target in "$@"; do
    is_target "$target" || refuse "$target is no target; TARGETS may have: $ALL_TARGETS"
done
missing=$(missing_tools "$@")
[ -z "$missing" ] || refuse "nothing was built, because this is missing:
$missing"
if [ -n "${MINISIGN_KEY:-}" ] && [ ! -r "$MINISIGN_KEY" ]; then
    refuse "MINISIGN_KEY=$MINISIGN_KEY cannot be read; make a key with minisign -G -s $MINISIGN_KEY"
fi

# The same commit makes the same artefacts, so their time is its time.
: "${SOURCE_DATE_EPOCH:=$(git -C "$top" log -1 --format=%ct 2> /dev/null || true)}"
[ -n "$SOURCE_DATE_EPOCH" ] || refuse "the sources are in no git checkout; say of when they are: SOURCE_DATE_EPOCH=SECONDS"
export SOURCE_DATE_EPOCH
subject=$(sh "$here/agree.sh" "$version" "$top")
echo "$subject"

# What prints the completions: programs of a target that this machine runs.
runs_here() {
    [ "${1%-*}" = "$(uname -m)" ]
}
own=
for target in "$@"; do
    if runs_here "$target" && [ -z "$own" ]; then own=$target; fi
done
[ -n "$own${RUNNABLE:-}" ] || refuse "none of the targets runs on this machine, so nothing can print the completions; add $(uname -m)-gnu or $(uname -m)-musl to TARGETS, or name a folder of programs that run: RUNNABLE=FOLDER"

mkdir -p "$dist"
dist=$(cd "$dist" && pwd)
new=$dist/.release
mkdir "$new" 2> /dev/null || refuse "$new is there: another release is being made, or was killed; remove it"
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM

for target in "$@"; do
    echo "building $target"
    programs=$(sh "$here/build.sh" "$target")
    # Another target may be built in the same folders.
    mkdir -p "$new/programs/$target"
    for program in smokerd smokercli check_smoker_plugin smoker-fleet smoker-bridge; do
        cp "$programs/$program" "$new/programs/$target/$program"
    done
done

runnable=${own:+$new/programs/$own}
: "${runnable:=${RUNNABLE:-}}"
for target in "$@"; do
    name=$(folder_name "$version" "$target")
    sh "$here/folder.sh" "$new/$name" "$new/programs/$target" "$runnable"
    find "$new/$name" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    sh "$here/archive.sh" "$new" "$name" > "$new/$name.tar.gz"
    CARGO="${CARGO:-cargo}" python3 "$here/sbom.py" "$(triple "$target")" "$top" > "$new/$name.cdx.json"
done
rm -r "$new/programs"

(cd "$new" && sha256sum smoker-*.tar.gz smoker-*.cdx.json) > "$new/SHA256SUMS"
sh "$here/sign.sh" "$new/SHA256SUMS" "$subject"

rm -f "$dist/SHA256SUMS"
rm -rf "$dist"/smoker-*-linux-gnu "$dist"/smoker-*-linux-musl
rm -f "$dist"/smoker-*-linux-*.tar.gz "$dist"/smoker-*-linux-*.cdx.json "$dist/SHA256SUMS.minisig" "$dist/minisign.pub"
mv "$new"/smoker-* "$new/SHA256SUMS.minisig" "$new/minisign.pub" "$dist"
mv "$new/SHA256SUMS" "$dist"
cat "$dist/SHA256SUMS"
