#!/bin/sh
# Adds the wasm targets to the toolchain of this repository, once. A `targets` list in rust-toolchain.toml is not enough where rustup
# does not install by itself.
set -eu

command -v rustup >/dev/null 2>&1 || {
    echo "Install rustup (Debian: apt-get install rustup), which brings the Rust toolchain and its wasm targets, then run this again." >&2
    exit 1
}
installed=$(rustup target list --installed)
for target in wasm32-wasip1 wasm32-unknown-unknown; do
    case "$installed" in
        *"$target"*) ;;
        *) rustup target add "$target" || { echo "Could not add the target $target with rustup: see the error above." >&2; exit 1; } ;;
    esac
done
