#!/bin/sh
# Runs one test program under a time limit; makes cmocka's skips plain TAP.
limit=${TEST_SECONDS:-300}
{
	timeout "$limit" "$@"
	echo "exit $?" >&3
} 3>"$1.rc.$$" | sed 's/^not ok \([0-9]* # SKIP\)/ok \1/'
rc=$(sed 's/exit //' "$1.rc.$$")
rm -f "$1.rc.$$"
[ "$rc" -eq 124 ] && echo "Bail out! $1 ran past $limit s"
exit "$rc"
