#!/bin/sh
# Whether the version, the newest entry of the changelog, the man pages and the tag of this commit agree. Prints what is being
# released in a line, or what does not agree.
#
# Usage: agree.sh VERSION FOLDER_OF_THE_SOURCES; from the environment MINISIGN_KEY, SOURCE_DATE_EPOCH

set -eu
version=$1
cd "$2"

refuse() {
    echo "$*" >&2
    exit 1
}

# day TIME: as YEAR-MONTH-DAY; fails when there is none.
day() {
    [ -n "$1" ] && LC_ALL=C date -u -d "$1" +%Y-%m-%d
}

entry=$(sed -n 's/^## //p' docs/CHANGELOG.md | head -n 1)
case $entry in
"$version (not released)") date= ;;
"$version ("????-??-??")")
    date=${entry#*\(}
    date=${date%\)}
    ;;
*) refuse "docs/CHANGELOG.md begins with \"$entry\", Cargo.toml has $version; write \"## $version (YEAR-MONTH-DAY)\"" ;;
esac

# is_after DAY DAY
is_after() {
    [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort | tail -n 1)" = "$1" ]
}

today=$(day "@$SOURCE_DATE_EPOCH")
if [ -n "$date" ] && is_after "$date" "$today"; then
    refuse "docs/CHANGELOG.md dates $version $date, this commit is of $today; change the entry, or commit on that day"
fi

for page in docs/man/*.[1-8]; do
    written=$(day "$(sed -n 's/^\.Dd //p' "$page")" 2> /dev/null) || refuse "$page has no date; write .Dd Month Day, Year"
    if is_after "$written" "${date:-$today}"; then
        refuse "$page is dated $written, after the release of ${date:-$today}; change one of them"
    fi
done

tag=
for name in $(git tag --points-at HEAD 2> /dev/null | grep '^v[0-9]' || true); do
    [ "$name" = "v$version" ] || refuse "this commit has the tag $name, Cargo.toml has $version; remove the tag or change the version"
    tag=$name
done
if [ -n "$tag" ] && [ -z "$date" ]; then
    refuse "this commit has the tag $tag, docs/CHANGELOG.md says \"not released\"; write \"## $version ($today)\", commit, and move the tag"
fi
if [ -n "$tag" ] && [ "$date" != "$today" ]; then
    refuse "docs/CHANGELOG.md dates $version $date, the commit with the tag $tag is of $today; change the entry, commit, and move the tag"
fi

changed=$(git status --porcelain 2> /dev/null | head -n 3)
if [ -n "$changed" ] && [ -n "${MINISIGN_KEY:-}" ]; then
    printf 'nothing is signed with %s, because these files differ from the commit; commit them first:\n%s\n' "$MINISIGN_KEY" "$changed" >&2
    exit 1
fi

commit=$(git rev-parse --short=12 HEAD 2> /dev/null || echo unknown)
echo "smoker $version, ${date:-not released}, commit $commit${tag:+, tag $tag}${changed:+, and changes that are not committed}"
