#!/bin/sh
# Runs a tier of tests and keeps its last line and its time for the summary. Usage: tier.sh NAME COMMAND...
# Succeeds always; summary.sh fails if a tier failed, so that all tiers are seen.
set -u
name=$1
shift
folder=build/test
mkdir -p "$folder"
rm -f "$folder/$name.tier" "$folder/$name.code"
echo "== $name"
begun=$(date +%s)
{ "$@"; echo $? >"$folder/$name.code"; } 2>&1 | tee "$folder/$name.log"
seconds=$(($(date +%s) - begun))
code=$(cat "$folder/$name.code")
last=$(grep -E '[0-9]+ (passed|failed|error)|no tests ran' "$folder/$name.log" | tail -n 1 | tr -d '=')
printf '%s\t%s\t%s\t%s\n' "$name" "$code" "$seconds" "${last:-$(tail -n 1 "$folder/$name.log")}" >"$folder/$name.tier"
