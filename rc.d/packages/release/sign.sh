#!/bin/sh
# Signs a file with minisign; the signature and the public key, minisign.pub, lie beside it.
#
# Usage: sign.sh FILE COMMENT; from the environment MINISIGN_KEY: the file of the secret key. minisign asks for its password.

set -eu
folder=$(dirname "$1")
rm -f "$folder/minisign.pub"

if [ -n "${MINISIGN_KEY:-}" ]; then
    # The public key lies beside the secret one, as minisign -G puts it.
    public=${MINISIGN_KEY%.key}.pub
    if [ -e "$public" ]; then
        cp "$public" "$folder/minisign.pub"
    else
        minisign -R -s "$MINISIGN_KEY" -p "$folder/minisign.pub" > /dev/null
    fi
    minisign -S -s "$MINISIGN_KEY" -t "$2" -m "$1" > /dev/null
    minisign -Vq -p "$folder/minisign.pub" -m "$1"
    echo "signed with $MINISIGN_KEY"
else
    secret=$(mktemp -d)
    trap 'rm -rf "$secret"' EXIT
    minisign -G -W -s "$secret/key" -p "$folder/minisign.pub" > /dev/null
    minisign -S -W -s "$secret/key" -t "$2" -m "$1" > /dev/null
    echo "signed with a throw-away key, which tells nobody who made this; sign a release with MINISIGN_KEY=FILE"
fi
