#!/bin/sh
# Installs what is in this folder, or takes it away again; the configuration stays.
#
# Usage: install.sh [uninstall]; from the environment PREFIX (/usr/local), SYSCONFDIR (/etc), DESTDIR

set -eu
cd "$(dirname "$0")"

init=smokerd
[ ! -e /etc/debian_version ] || init=smokerd-debian
export DESTDIR="${DESTDIR-}" PREFIX="${PREFIX:-/usr/local}" SYSCONFDIR="${SYSCONFDIR:-/etc}" SYSTEM=Linux COMPAT="${COMPAT:-0}" PYTHON=0
export INIT="${INIT:-$init}" INITDIR="${INITDIR:-$SYSCONFDIR/init.d}" UNITDIR="${UNITDIR:-$PREFIX/lib/systemd/system}" \
    ZSHDIR="${ZSHDIR:-$PREFIX/share/zsh/site-functions}"
exec sh rc.d/packages/install.sh "${1:-install}" .
