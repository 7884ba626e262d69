#!/bin/sh
# A file exports only names that begin with its own name, or its directory's.
cd "${top_builddir:-.}" || exit 1
n=0
for o in $(find src -name '*.o' ! -path 'src/cmd/*' | sort); do
	n=$((n + 1))
	dir=$(basename "$(dirname "$o")")
	base=${o##*/}
	base=${base##*-}
	base=${base%.o}
	bad=$(nm -g --defined-only "$o" | awk '$2 == "T" {print $3}' | grep -vE "^(${base}|${dir})_" | tr '\n' ' ')
	if [ -z "$bad" ]; then
		echo "ok $n - $dir/$base"
	else
		echo "not ok $n - $dir/$base exports: $bad"
	fi
done
echo "1..$n"
