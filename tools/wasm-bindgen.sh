#!/bin/sh
# Puts the runner of the unit tests on wasm32-unknown-unknown into .tools/ and prints its path. Does nothing when it is already
# there. The runner's version must equal that of the wasm-bindgen library, so it is read from Cargo.lock.
set -eu
cd "$(dirname "$0")/.."

version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' Cargo.lock)
runner=.tools/bin/wasm-bindgen-test-runner

fail() {
    echo "$*" >&2
    exit 1
}

installed() {
    test -x "$runner" && test "$("$runner" --version 2>/dev/null)" = "wasm-bindgen-test-runner $version"
}

test -n "$version" || fail "Cargo.lock has no package wasm-bindgen: add wasm-bindgen-test to a crate's dev-dependencies."
command -v node >/dev/null 2>&1 ||
    fail "node was not found: install Node.js 20 or later (Debian: apt-get install nodejs), which runs the unit tests on wasm."

if ! installed; then
    echo "wasm-bindgen-cli $version: building into .tools/ (once, about five CPU minutes)" >&2
    # Not --locked: its lock file may name versions that the registry does not offer. The default features only add a TLS client.
    # A target directory of its own survives a stopped build and is removed after it.
    cargo install wasm-bindgen-cli --version "=$version" --no-default-features --force --root .tools \
        --target-dir .tools/build >&2 ||
        fail "The runner of the wasm tests could not be built: cargo must reach the crates registry the first time."
    rm -rf .tools/build
    installed || fail "$runner does not report version $version: remove .tools/ and run $0 again."
fi
echo "$PWD/$runner"
