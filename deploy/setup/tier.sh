#!/bin/sh
# Runs a tier of tests and keeps its last line for the summary. Usage: tier.sh NAME COMMAND...
# Succeeds always; summary.sh fails if a tier failed, so that all tiers are seen.
set -u
name=$1
shift
folder=build/test
mkdir -p "$folder"
rm -f "$folder/$name.tier"
echo "== $name"
{ "$@"; echo $? >"$folder/$name.code"; } 2>&1 | tee "$folder/$name.log"
code=$(cat "$folder/$name.code")
last=$(grep -E '(passed|failed|error|no tests ran)' "$folder/$name.log" | tail -n 1 | tr -d '=')
printf '%s\t%s\t%s\n' "$name" "$code" "${last:-no result, see $folder/$name.log}" >"$folder/$name.tier"
