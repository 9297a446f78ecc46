#!/bin/sh
# Prints the ten slowest tests, one line for each tier named with its time, sums, then the verdict. Usage: summary.sh NAME...
set -u
verdict=0 all=0
logs=
for name in "$@"; do
    logs="$logs build/test/$name.log"
done
counted() { # how many passed, failed or were skipped, over all tiers
    # shellcheck disable=SC2086
    cat $logs | grep -E '^[=]*[ ]*[0-9]+ (passed|failed|skipped|error).* in [0-9.]+s' | grep -oE "[0-9]+ $1" |
        awk '{ sum += $1 } END { print sum + 0 }'
}
echo
echo "the ten slowest"
# shellcheck disable=SC2086
cat $logs | grep -E '^[0-9.]+s +(call|setup|teardown) ' | sort -rn | head -n 10
echo
for name in "$@"; do
    IFS='	' read -r tier code seconds last <"build/test/$name.tier" || exit 1
    [ "$code" = 0 ] && word=ok || word=FAILED verdict=1
    all=$((all + seconds))
    printf '%-12s %-7s %4d s  %s\n' "$tier" "$word" "$seconds" "$last"
done
echo "total: $(counted passed) passed, $(($(counted failed) + $(counted error))) failed, $(counted skipped) skipped"
[ "$verdict" = 0 ] && echo "all tests passed" || echo "tests FAILED"
exit "$verdict"
