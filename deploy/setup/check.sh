#!/bin/sh
# Says in one line what is missing or too old before anything is fetched: Python 3.11, a JDK of 17 or newer, Maven.
# Usage: check.sh PYTHON
set -u
python=$1

fail() {
    echo "setup: $1" >&2
    exit 1
}

"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null ||
    fail "'$python' is not Python 3.11: install Python 3.11, or name one with 'make PYTHON=/path/to/python3.11'"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "'$python' cannot make environments: install its venv module (Debian and Ubuntu: python3.11-venv)"

if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java javac=$JAVA_HOME/bin/javac where="JAVA_HOME ($JAVA_HOME)"
else
    java=java javac=javac where="the search path"
fi
command -v "$java" >/dev/null 2>&1 || fail "no java in $where: install a JDK 17, or set JAVA_HOME to one"
command -v "$javac" >/dev/null 2>&1 ||
    fail "no javac in $where, only a runtime: install a JDK 17, or set JAVA_HOME to one"
version=$("$javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
[ "${version:-0}" -ge 17 ] ||
    fail "the JDK in $where is version ${version:-unknown}: install a JDK 17, or set JAVA_HOME to one"

command -v mvn >/dev/null 2>&1 || fail "no mvn on the search path: install Maven 3.6.3 or newer"
maven=$(mvn -B -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p')
oldest=$(printf '%s\n3.6.3\n' "${maven:-0}" | sort -V | head -n 1)
[ "$oldest" = 3.6.3 ] || fail "Maven is version ${maven:-unknown}: install Maven 3.6.3 or newer"
