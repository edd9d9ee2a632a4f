#!/bin/sh
# Builds the programs for one target.
#
# Usage: build.sh TARGET; the last line that it prints is their folder. From the environment CARGO, RUSTC, CARGO_HOME, CARGO_TARGET_DIR.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=targets.sh
. "$here/targets.sh"
top=$(cd "$here/../../.." && pwd)
triple=$(triple "$1")
cargo=${CARGO:-cargo}
built=${CARGO_TARGET_DIR:-$top/target}
case $built in /*) ;; *) built=$top/$built ;; esac
export CARGO_TARGET_DIR="$built"

# The same commit, built with the same tools, makes the same bytes: no path of this machine is in them, neither of Rust's nor of C's
# sources. Of several paths that fit, rustc and clang take the last one.
paths="${CARGO_HOME:-$HOME/.cargo}=/cargo
$top=/smoker
$built=/target"
flags=
c_flags=
# add FLAG: Cargo's own form, in which a path may have blanks.
add() {
    flags=$flags${flags:+$(printf '\037')}$1
}
while read -r path; do
    add "--remap-path-prefix=$path"
    # These are split at blanks. What C leaves of a path is in debug information, which is not shipped.
    case $path in *" "*) ;; *) c_flags="$c_flags -ffile-prefix-map=$path" ;; esac
done << PATHS
$paths
PATHS

name=$(echo "$triple" | tr - _)
export "CFLAGS_$name=${c_flags# }"

versioned=$triple
case $1 in
*-gnu) versioned=$triple.$GLIBC ;;
# What starts a program, and libc, come from the C compiler.
*-musl) add -Clink-self-contained=no ;;
esac

# A toolchain that has the library only as sources builds it with the programs, which needs a nightly, or this variable.
std=
if ! has_std "$triple"; then
    std=-Zbuild-std=std,panic_unwind
    export RUSTC_BOOTSTRAP=1
    add "--remap-path-prefix=$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/src/rust=/rust"
fi

unset RUSTFLAGS
export CARGO_ENCODED_RUSTFLAGS="$flags"
cd "$top"
# shellcheck disable=SC2086 # words
"$cargo" auditable zigbuild --release --locked $std ${JOBS:+--jobs $JOBS} --target "$versioned" \
    --bin smokerd --bin smokercli --bin check_smoker_plugin --bin smoker-fleet --bin smoker-bridge >&2
echo "$built/$triple/release"
