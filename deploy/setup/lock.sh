#!/bin/sh
# Writes deploy/environments/*.txt from the *.in files: exact versions with hashes, nothing that names a host.
set -eu
cd "$(dirname "$0")/../environments"
uv=${UV:-../../.venv/tools/bin/uv}

lock() {
    echo "locking $1"
    output=$1
    shift
    "$uv" pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --output-file "$output" "$@"
}

lock tools.txt tools.in "$@"
lock build.txt build.in "$@"
lock stream.txt stream.in "$@"
lock batch.txt batch.in --overrides batch.overrides "$@"
lock peers.txt peers.in "$@"
lock stream-tests.txt tests.in --overrides tests.overrides --constraints stream.txt "$@"
lock batch-tests.txt tests.in --overrides tests.overrides --constraints batch.txt "$@"
