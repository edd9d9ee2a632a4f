#!/bin/sh
# Prints how large the programs are and what they need of the system, as README.md shows it.
#
# Usage: size.sh FOLDER_OF_THE_PROGRAMS

set -eu

for program in smokerd smokercli check_smoker_plugin smoker-fleet smoker-bridge; do
    bytes=$(wc -c < "$1/$program")
    if command -v readelf > /dev/null; then
        needed=$(readelf -d "$1/$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | tr '\n' ' ')
    else
        needed=$(otool -L "$1/$program" | sed '1d; s/(.*//' | tr -d '\t\n')
    fi
    printf '%-20s %5s MB  %s\n' "$program" "$(awk "BEGIN { printf \"%.1f\", $bytes / 1000000 }")" "${needed% }"
done
