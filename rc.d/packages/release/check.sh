#!/bin/sh
# Looks at the artefacts of a release: a line for each thing that holds, and how large the programs are. Ends with 1 when one does not hold.
#
# Usage: check.sh VERSION FOLDER_OF_THE_ARTEFACTS; from the environment SOURCE_DATE_EPOCH, OLD_SYSTEMS (see old_systems.sh)
# shellcheck disable=SC2317 # holds calls the functions

set -u

version=$1
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=targets.sh
. "$here/targets.sh"
if [ ! -e "$2/SHA256SUMS" ]; then
    echo "$2 has no SHA256SUMS; run make release first" >&2
    exit 1
fi
dist=$(cd "$2" && pwd)
missing=$(
    needs readelf "apt-get install binutils"
    needs minisign "apt-get install minisign"
    needs python3 "apt-get install python3"
)
if [ -n "$missing" ]; then
    printf 'nothing was looked at, because this is missing:\n%s\n' "$missing" >&2
    exit 1
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

# holds WHAT COMMAND...: the command says why when it does not hold.
holds() {
    what=$1
    shift
    if "$@" > "$scratch/out" 2>&1; then
        printf 'ok    %s\n' "$what"
        sed 's/^/      /' "$scratch/out"
    else
        failed=1
        printf 'FAIL  %s\n' "$what"
        sed 's/^/      /' "$scratch/out"
    fi
}

sums_match() { (cd "$dist" && sha256sum --quiet -c SHA256SUMS); }

# Nothing of a release is left out of the sums.
sums_are_whole() {
    (cd "$dist" && ls smoker-*-linux-*.tar.gz smoker-*-linux-*.cdx.json) | sort > "$scratch/there"
    sed 's/.*  //' "$dist/SHA256SUMS" | sort | diff - "$scratch/there"
}

signature() {
    minisign -V -Q -p "$dist/minisign.pub" -m "$dist/SHA256SUMS"
}

agreement() {
    : "${SOURCE_DATE_EPOCH:=$(git -C "$top" log -1 --format=%ct)}"
    export SOURCE_DATE_EPOCH
    sh "$here/agree.sh" "$version" "$top"
}

# archive NAME: what is in it makes the same bytes again, and is what the folder has.
archive() {
    mkdir "$scratch/$1"
    tar -C "$scratch/$1" --warning=no-timestamp -xzf "$dist/$1.tar.gz" && diff -r "$scratch/$1/$1" "$dist/$1" || return
    SOURCE_DATE_EPOCH=$(stat -c %Y "$scratch/$1/$1/smokerd") sh "$here/archive.sh" "$scratch/$1" "$1" | cmp - "$dist/$1.tar.gz"
}

documents() {
    for page in man/smokerd.8 man/smokercli.1 man/check_smoker_plugin.1 man/smoker-fleet.1 man/smoker-bridge.1 man/smokerd.yaml.5 LICENSE README.md \
        completions/_smokercli completions/smokerd.bash etc/smokerd.yaml install.sh; do
        [ -s "$1/$page" ] || { echo "$page is missing or empty" && return 1; }
    done
    grep -qF "## $version (" "$1/docs/CHANGELOG.md" || { echo "its changelog does not have $version" && return 1; }
}

holds "version, changelog, man pages and tag agree" agreement
holds "checksums match" sums_match
holds "checksums name every artefact" sums_are_whole
holds "signature is of minisign.pub" signature
for target in $ALL_TARGETS; do
    name=$(folder_name "$version" "$target")
    [ -e "$dist/$name.tar.gz" ] || continue
    holds "$name.tar.gz is reproducible and has the folder" archive "$name"
    for file in smokerd smokercli check_smoker_plugin smoker-fleet smoker-bridge; do
        holds "$name/$file" sh "$here/check_program.sh" "$target" "$dist/$name/$file" "$version"
    done
    holds "$name has its pages" documents "$dist/$name"
    holds "$name.cdx.json" python3 "$here/sbom_check.py" "$dist/$name.cdx.json" \
        "$dist/$name/smokerd" "$dist/$name/smokercli" "$dist/$name/check_smoker_plugin" "$dist/$name/smoker-fleet" "$dist/$name/smoker-bridge"
    if [ "$target" = "$(uname -m)-gnu" ]; then
        sh "$here/old_systems.sh" "$dist/$name" || failed=1
    fi
done
[ "$(ls -d "$dist/smoker-$version"-linux-* "$dist/smoker-$version"-*-linux-*.tar.gz 2> /dev/null)" ] || {
    echo "FAIL  $dist has no artefacts of $version"
    failed=1
}
exit "$failed"
