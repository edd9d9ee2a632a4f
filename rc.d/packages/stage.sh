#!/bin/sh
# Installs into a folder as a package wants it: no symbols, compressed man pages.
#
# Usage: stage.sh FOLDER FOLDER_OF_THE_PROGRAMS; INIT, INITDIR, UNITDIR, ZSHDIR and PYTHONDIR as for install.sh.

set -eu

export DESTDIR="$1" PREFIX=/usr SYSCONFDIR=/etc COMPAT=1 PYTHON=1 SYSTEM=Linux
sh "$(dirname "$0")/install.sh" install "$2"
strip --strip-unneeded "$1/usr/sbin/smokerd" "$1/usr/bin/smokercli" "$1/usr/bin/check_smoker_plugin" "$1/usr/bin/smoker-fleet" "$1/usr/bin/smoker-bridge"
find "$1/usr/share/man" -type f -exec gzip -9n {} +
find "$1/usr/share/man" -type l | while read -r link; do
    ln -s "$(readlink "$link").gz" "$link.gz"
    rm "$link"
done
