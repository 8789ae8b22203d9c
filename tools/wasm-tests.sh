#!/bin/sh
# Runs the unit tests compiled to wasm32-unknown-unknown under node, and counts them against the native ones. A test that runs
# natively and not on wasm is an error unless it is named here: a `mod tests` without its `use wasm_bindgen_test...` line runs nothing.
set -eu
cd "$(dirname "$0")/.."

# Package and cargo's name of the test, then the tests that only run natively, as a regular expression, and why.
suites() {
    echo "gatewright-core --lib ^store::tests::model:: its workers are threads"
    echo "jwt-auth --lib - -"
    echo "api-key --test=policy - -"
}

CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$(sh tools/wasm-bindgen.sh)
NODE_PATH=$PWD/tools/node
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER NODE_PATH

lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT INT TERM

# Names of the tests, sorted: from a list, from the report of a run.
listed() { sed -n 's/^\(.*\): test$/\1/p' | sort; }
passed() { sed -n 's/^test \(.*\) \.\.\. ok$/\1/p' | sort; }

compare() { # package, test, native only, why
    if ! cargo test --target wasm32-unknown-unknown --package "$1" "$2" >"$lists/report" 2>&1; then
        cat "$lists/report" >&2
        return 1
    fi
    passed <"$lists/report" >"$lists/wasm"
    cargo test --quiet --package "$1" "$2" -- --list 2>"$lists/errors" >"$lists/list" || { cat "$lists/errors" >&2; return 1; }
    listed <"$lists/list" >"$lists/native"
    comm -23 "$lists/native" "$lists/wasm" >"$lists/absent"
    grep -v -e "$3" "$lists/absent" >"$lists/missing" || true
    if test -s "$lists/missing"; then
        echo "$1: these tests run natively but not on wasm; has their module a line \`use wasm_bindgen_test::wasm_bindgen_test as test;\`?" >&2
        cat "$lists/missing" >&2
        return 1
    fi
    test -s "$lists/wasm" || { echo "$1 $2: no test ran on wasm" >&2; return 1; }
    absent=$(wc -l <"$lists/absent")
    printf '%-16s %3d native, %3d on wasm' "$1" "$(wc -l <"$lists/native")" "$(wc -l <"$lists/wasm")"
    if test "$absent" -gt 0; then printf ', %d native only (%s: %s)' "$absent" "$3" "$4"; fi
    echo
}

suites | while read -r package test native_only why; do
    compare "$package" "$test" "$native_only" "$why"
done
