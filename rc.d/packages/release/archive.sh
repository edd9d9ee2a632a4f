#!/bin/sh
# Prints the archive of a folder: sorted, of nobody, at one time, so the same files make the same bytes.
#
# Usage: archive.sh FOLDER_ABOVE NAME; from the environment SOURCE_DATE_EPOCH

set -eu
tar -C "$1" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - "$2" | gzip -9n
