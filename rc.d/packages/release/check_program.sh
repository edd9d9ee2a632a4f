#!/bin/sh
# Looks at one program of a release: its processor, the C library that it needs, its version, and whether it tells of the machine that built it.
#
# Usage: check_program.sh TARGET PROGRAM VERSION; prints its size

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=targets.sh
. "$here/targets.sh"
target=$1
program=$2

refuse() {
    echo "$*"
    exit 1
}

# newest_glibc: of a list of symbols, the newest version of glibc that one of them has.
newest_glibc() {
    sed -n 's/.*GLIBC_\([0-9.]*[0-9]\).*/\1/p' | sort -uV | tail -n 1
}

case $target in x86_64-*) machine=X86-64 ;; aarch64-*) machine=AArch64 ;; esac
readelf -h "$program" | grep -q "Machine: .*$machine" || refuse "it is for another processor than $machine"

# readelf, unlike objdump, reads programs of any processor.
newest=$(readelf -W --dyn-syms "$program" | newest_glibc)
case $target in
*-gnu)
    if [ "$(printf '%s\n' "$newest" "$GLIBC" | sort -V | tail -n 1)" != "$GLIBC" ]; then
        refuse "it needs GLIBC_$newest, old systems have GLIBC_$GLIBC"
    fi
    if symbols=$(objdump -T "$program" 2> /dev/null); then
        again=$(echo "$symbols" | newest_glibc)
        [ "$again" = "$newest" ] || refuse "objdump -T finds GLIBC_$again in it, readelf GLIBC_$newest"
    fi
    ;;
*-musl)
    if readelf -d "$program" | grep NEEDED; then refuse "it is not static"; fi
    ;;
esac

for place in "$top" "${CARGO_HOME:-$HOME/.cargo}" "$HOME/.rustup" "$HOME/.cache" "${CARGO_TARGET_DIR:-$top/target}"; do
    if grep -qaF "$place/" "$program"; then refuse "it has $place in it"; fi
done

if [ "${target%-*}" = "$(uname -m)" ]; then
    said=$("$program" --version) || refuse "it does not start: $said"
    [ "${said##* }" = "$3" ] || refuse "it says $said, Cargo.toml has $3"
fi

bytes=$(wc -c < "$program")
goal=
[ "$bytes" -le 9000000 ] || goal=", more than the goal of 9 MB"
echo "$(awk "BEGIN { printf \"%.1f\", $bytes / 1000000 }") MB$goal${newest:+, GLIBC_$newest}"
