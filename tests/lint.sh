#!/bin/sh
# lint.sh DIR: clang-format, clang-tidy, cppcheck, luacheck, shellcheck and codespell over the
# tree; DIR has been configured (its config.h is read).
set -u
built=$1
cd "$(dirname "$0")/.." || exit 1
bad=0
run() {
	name=$1
	shift
	if "$@"; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		bad=1
	fi
}
sources=$(git ls-files 'src/*.c' 'src/*.h' 2>/dev/null || find src -name '*.[ch]')
tests=$(git ls-files 'tests/*.c' 'tests/*.h' 2>/dev/null || find tests -name '*.[ch]')
units=$(printf '%s\n' "$sources" | grep '\.c$')
lua=$(git ls-files '*.lua' 2>/dev/null || find . -name '*.lua' -not -path './build*')
scripts=$(git ls-files '*.sh' 2>/dev/null || find . -name '*.sh' -not -path './build*')
flags="-std=gnu11 -D_GNU_SOURCE -DHAVE_CONFIG_H=1 -Isrc -I. -I$built $(pkg-config --cflags libuv lua5.4 avahi-client)"
tidy() { # one file each: the analyser forgets what va_start does after the first
	# shellcheck disable=SC2016,SC2317
	printf '%s\n' "$units" |
		xargs -P "$(nproc)" -n 1 sh -c 'clang-tidy-14 --quiet "$1" -- $0 2>/dev/null' "$flags"
}
# shellcheck disable=SC2086
{
	run clang-format clang-format-14 --dry-run -Werror $sources $tests
	run clang-tidy tidy
	run cppcheck cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr -Isrc -I. \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		--suppress=unknownMacro -j "$(nproc)" src
	run luacheck luacheck -q $lua
	run shellcheck shellcheck -x try check .ci/run $scripts
	run codespell codespell -q 3 --skip '*.trs,*.log,corpus_*,*.svg,*/data/*,*/vectors/*' src docs policies scripts tests/*.sh README.md
}
exit "$bad"
