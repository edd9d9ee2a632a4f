#!/bin/sh
# Prints what a Debian package depends on as mmdebstrap takes it: names with commas between them, of alternatives the first.
#
# Usage: depends.sh PACKAGE

set -eu
dpkg-deb -f "$1" Depends Pre-Depends | sed 's/^[^:]*: //; s/([^)]*)//g; s/|[^,]*//g' | tr -d ' ' | paste -sd ,
