#!/bin/sh
# A directory may include only what lies below it; and each library has one home.
cd "${srcdir:-.}/src" || exit 1
n=0
point() { # point TEXT OFFENDERS
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# /'
	fi
}
may() { # may DIR [BELOW...]
	re=$(echo "$*" | tr ' ' '|')
	point "$1 includes only: $*" "$(grep -nE '^#include "' "$1"/*.[ch] 2>/dev/null | grep -vE "\"($re)/|\"config.h\"")"
}
only() { # only HEADER DIR...
	lib=$1
	shift
	re=$(echo "$*" | tr ' ' '|')
	point "<$lib> stands only in: $*" "$(grep -rnE "#include <$lib" . | grep -vE "^\./($re)/")"
}
may base
may record base
may trust base record
may intake base record
may finger base record
may face base record
may match base record finger face
may policy base record
may channel base
may sync base record
may store base record
may synth base record
may picture base record
may node base record trust intake finger face match policy channel sync store
may sim base record trust intake finger face match policy channel sync store synth node
may io base record trust intake finger face match policy channel sync store node
only uv.h io
only avahi io
only mbedtls io
only sqlite3.h store
only lua policy
only sodium record trust channel sim
only 'png|<jpeg|<tiff' intake
only jansson cmd
only seccomp.h cmd io
echo "1..$n"
