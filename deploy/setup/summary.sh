#!/bin/sh
# Prints one line for each tier named, then the verdict. Usage: summary.sh NAME...
set -u
verdict=0
echo
for name in "$@"; do
    IFS='	' read -r tier code last <"build/test/$name.tier" || exit 1
    [ "$code" = 0 ] && word=ok || word=FAILED verdict=1
    printf '%-12s %-7s %s\n' "$tier" "$word" "$last"
done
[ "$verdict" = 0 ] && echo "all tests passed" || echo "tests FAILED"
exit "$verdict"
