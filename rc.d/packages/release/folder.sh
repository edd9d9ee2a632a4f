#!/bin/sh
# Lays out the folder of one target: the programs, and all that comes with them.
#
# Usage: folder.sh FOLDER PROGRAMS RUNNABLE
#
# PROGRAMS is the folder of the target's programs, RUNNABLE that of programs of the same version that this machine can run: they
# print what shells complete and editors read, which is the same for all targets.

set -eu
umask 022

folder=$1
programs=$2
runnable=$3
top=$(cd "$(dirname "$0")/../../.." && pwd)
mkdir -p "$folder"

# file MODE SOURCE NAME
file() {
    mkdir -p "$folder/$(dirname "$3")"
    install -m "$1" "$2" "$folder/$3"
}

# printed NAME COMMAND...
printed() {
    name=$1
    shift
    mkdir -p "$folder/$(dirname "$name")"
    "$@" > "$folder/$name"
}

for program in smokerd smokercli check_smoker_plugin smoker-fleet smoker-bridge; do
    file 755 "$programs/$program" "$program"
done

# What people read, in the folders of the sources, so that links work.
for page in $(cd "$top" && echo LICENSE README.md SECURITY.md CONTRIBUTING.md docs/*.md docs/adr/*.md docs/pictures/*.png); do
    file 644 "$top/$page" "$page"
done
for page in smokercli.1 check_smoker_plugin.1 smoker-fleet.1 smoker-bridge.1 smokerd.8; do
    file 644 "$top/docs/man/$page" "man/$page"
done
printed man/smokerd.yaml.5 awk -f "$top/docs/man/smokerd.yaml.5.awk" "$top/docs/configuration.md"

for program in smokerd smokercli check_smoker_plugin; do
    printed "completions/$program.bash" "$runnable/$program" --generate bash
    printed "completions/_$program" "$runnable/$program" --generate zsh
    printed "completions/$program.fish" "$runnable/$program" --generate fish
done

# The configuration, what starts the daemon, and what puts all of it in place.
for name in $(cd "$top" && find etc rc.d/init.d rc.d/smokerd.service rc.d/smoker-bridge.service -type f | sort); do
    mode=644
    case $name in *.sh | rc.d/init.d/*) mode=755 ;; esac
    file "$mode" "$top/$name" "$name"
done
for name in access.yaml install.sh smokerd.default sysusers.conf; do
    file 644 "$top/rc.d/packages/$name" "rc.d/packages/$name"
done
for name in smokercli.1 check_smoker_plugin.1 smoker-fleet.1 smoker-bridge.1 smokerd.8 smokerd.yaml.5.awk; do
    file 644 "$top/docs/man/$name" "docs/man/$name"
done
file 755 "$top/rc.d/packages/release/install.sh" install.sh
