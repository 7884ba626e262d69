#!/bin/sh
# The core may not ask the world anything: no socket, file, clock, thread or random call.
calls='socket|connect|accept|bind|send|recv|sendto|recvfrom|read|write|open|openat|fopen|time|gettimeofday'
calls="$calls|clock_gettime|clock|getrandom|rand|random|sleep|usleep|nanosleep|pthread_create|getenv"
n=0
echo 1..2
for lib in libcore.a libnode.a; do
	n=$((n + 1))
	bad=$(nm -u "${top_builddir:-.}/$lib" | grep -E " U ($calls|uv_[a-z_]+|sqlite3_[a-z0-9_]+)$")
	if [ -z "$bad" ]; then
		echo "ok $n - $lib calls no I/O"
	else
		echo "not ok $n - $lib calls no I/O"
		echo "$bad" | sed 's/^/# /'
	fi
done
