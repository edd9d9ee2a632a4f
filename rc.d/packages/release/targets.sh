# shellcheck shell=sh
# The targets of a release, and what each needs of this machine.

# What a release has when nobody says otherwise.
ALL_TARGETS="x86_64-gnu x86_64-musl aarch64-gnu aarch64-musl"

# What a program for glibc may need at most: CentOS 7, Debian 8 and all later systems have it.
# shellcheck disable=SC2034 # for those that read this file
GLIBC=2.17

# triple TARGET: what rustc calls it.
triple() {
    echo "${1%-*}-unknown-linux-${1#*-}"
}

# folder_name VERSION TARGET: the name of its folder, and how those of its other artefacts begin.
folder_name() {
    echo "smoker-$1-${2%-*}-linux-${2#*-}"
}

# is_target NAME
is_target() {
    case " $ALL_TARGETS " in *" $1 "*) ;; *) return 1 ;; esac
}

# has_std TRIPLE: whether the toolchain has the standard library of a target.
has_std() {
    ls "$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/$1/lib"/libstd-*.rlib > /dev/null 2>&1
}

# has_std_sources: whether the toolchain can build the standard library itself.
has_std_sources() {
    [ -e "$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]
}

# missing_tools TARGET...: a line for each tool that is missing, with the way to get it.
missing_tools() {
    needs rustc "see rust-version in Cargo.toml"
    needs git "apt-get install git"
    needs python3 "apt-get install python3"
    needs minisign "apt-get install minisign"
    needs gzip "apt-get install gzip"
    needs sha256sum "apt-get install coreutils"
    if ! tar --version 2> /dev/null | grep -q 'GNU tar'; then
        echo "GNU tar: apt-get install tar"
    fi
    needs cargo-zigbuild "python3 -m venv FOLDER && FOLDER/bin/pip install ziglang cargo-zigbuild, then FOLDER/bin first in PATH"
    if ! command -v zig > /dev/null && ! python3 -c 'import ziglang' 2> /dev/null; then
        echo "zig: python3 -m venv FOLDER && FOLDER/bin/pip install ziglang cargo-zigbuild, then FOLDER/bin first in PATH"
    fi
    needs cargo-auditable "cargo install --locked cargo-auditable"
    for target in "$@"; do
        triple=$(triple "$target")
        if ! has_std "$triple" && ! has_std_sources; then
            echo "the standard library for $triple: rustup target add $triple, or its sources: rustup component add rust-src"
        fi
    done
}

# needs PROGRAM REMEDY
needs() {
    command -v "$1" > /dev/null || echo "$1: $2"
}
