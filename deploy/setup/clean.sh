#!/bin/sh
# Removes what `make` and a demo have made in the folder; homes with a user's data stay, and are named.
# Usage: clean.sh FOLDER
set -u
folder=$1
mark=.eqm-home

is_users() { # whether it is the usual home, or one that anything but a demo has made
    [ "$(basename "$1")" = eqm ] || { [ -f "$1/$mark" ] && ! grep -q demo "$1/$mark"; }
}

for each in "$folder"/* "$folder"/.[!.]*; do
    [ -e "$each" ] || [ -L "$each" ] || continue
    if is_users "$each"; then
        echo "$each stays: it holds data; remove it yourself if you want none of it"
    else
        rm -rf "$each"
    fi
done
[ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null || true
