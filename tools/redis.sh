#!/bin/sh
# Sees to it that there is a redis-server on PATH, which the tests of global rate limits run.
set -eu

if command -v redis-server >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" -eq 0 ] && [ -f /etc/debian_version ] && apt-get install --yes --no-install-recommends redis-server >/dev/null; then
    exit 0
fi
echo "redis-server is not on PATH: install Redis (Debian: apt-get install redis-server), then run this again." >&2
exit 1
