#!/bin/sh
# The chapters name each other: A says "Next: B" where B says "Before: A".
cd "${srcdir:-.}/src/node" || exit 1
n=0
while IFS=: read -r f next; do
	n=$((n + 1))
	if sed -n '1,8p' "$next" 2>/dev/null | grep -q "Before: $f"; then
		echo "ok $n - $f then $next"
	else
		echo "not ok $n - $f then $next"
	fi
done <<END
$(for f in *.c; do sed -n "1,8s/.*Next: \([a-z_]*\.c\).*/$f:\1/p" "$f"; done)
END
echo "1..$n"
