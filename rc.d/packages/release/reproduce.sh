#!/bin/sh
# Builds the committed sources again, in another folder, and compares the artefacts. It takes as long as the first build.
#
# Usage: reproduce.sh VERSION FOLDER_OF_THE_ARTEFACTS; from the environment CARGO, JOBS, CARGO_HOME

set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
dist=$(cd "$2" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct)
TARGETS=
# shellcheck source-path=SCRIPTDIR source=targets.sh
. "$here/targets.sh"
for target in $ALL_TARGETS; do
    [ ! -e "$dist/$(folder_name "$1" "$target").tar.gz" ] || TARGETS="$TARGETS $target"
done
export SOURCE_DATE_EPOCH TARGETS
export CARGO_TARGET_DIR="$scratch/built"
unset MINISIGN_KEY
mkdir -p "$scratch/elsewhere"
git -C "$top" archive HEAD | tar -C "$scratch/elsewhere" -xf -
sh "$scratch/elsewhere/rc.d/packages/release/release.sh" "$1" "$scratch/dist" > "$scratch/log" || {
    cat "$scratch/log"
    exit 1
}
if cmp -s "$dist/SHA256SUMS" "$scratch/dist/SHA256SUMS"; then
    echo "ok    a second build, in another folder, made the same artefacts"
else
    echo "FAIL  a second build, in another folder, made other artefacts:"
    diff "$dist/SHA256SUMS" "$scratch/dist/SHA256SUMS" || true
    diff -rq "$dist" "$scratch/dist" | grep smoker- || true
    exit 1
fi
