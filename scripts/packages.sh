#!/bin/sh
# Installs what packages.debian lists and is not there yet.  As root or with sudo.
set -eu
cd "$(dirname "$0")/.."
wanted=$(sed 's/#.*//' packages.debian | tr -s ' \n' ' ')
missing=
for p in $wanted; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
as=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "missing packages:$missing; run this as root, or install them" >&2
		exit 1
	}
	as=sudo
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$as apt-get -q update
# shellcheck disable=SC2086 # a list of words
$as apt-get -q -y --no-install-recommends install $missing
