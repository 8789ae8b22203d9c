#!/bin/sh
# Sees to it that there is a redis-server on PATH, which the tests of global rate limits run.
set -eu

has_redis() { command -v redis-server >/dev/null 2>&1; }

# Quietly the first time: a machine that has not looked at its package lists for long has to do that first.
install() { DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends redis-server >/dev/null; }

if has_redis; then
    exit 0
fi
if [ "$(id -u)" -eq 0 ] && [ -f /etc/debian_version ]; then
    install 2>/dev/null || { apt-get update >/dev/null && install; } || true
fi
has_redis && exit 0
echo "redis-server is not on PATH: install Redis (Debian: apt-get install redis-server), then run this again." >&2
exit 1
