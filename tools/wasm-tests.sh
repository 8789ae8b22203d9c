#!/bin/sh
# Runs the unit tests compiled to wasm32-unknown-unknown under node, and counts them against the native ones. A test that runs
# natively and not on wasm is an error unless it is named here: a `mod tests` without its `use wasm_bindgen_test...` line runs nothing.
set -eu
cd "$(dirname "$0")/.."

# What is tested, for cargo: unit tests, and those of a policy as an author writes them. One selection of packages each, so that their
# dependencies are built once.
libraries="--package gatewright-core --package jwt-auth --package rate-limit --package request-filter --package response-cache --lib"
example="--package api-key --test policy"

# Each test binary, then the tests in it that only run natively, as a regular expression, and why.
suites() {
    echo "gatewright_core ^store::tests::model:: their workers are threads"
    echo "jwt_auth - -"
    echo "rate_limit - -"
    echo "request_filter - -"
    echo "response_cache ^store::tests:: their workers are threads"
    echo "policy - -" # of api-key
}

CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$(sh tools/wasm-bindgen.sh)
NODE_PATH=$PWD/tools/node
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER NODE_PATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# The part of cargo's report that is about one binary.
section() { awk -v binary="/deps/$1-" '/^ +Running /{mine = index($0, binary)} mine' "$2"; }

compare() { # binary, native only, why
    section "$1" "$work/native" | sed -n 's/^\(.*\): test$/\1/p' | sort >"$work/listed"
    section "$1" "$work/wasm" | sed -n 's/^test \(.*\) \.\.\. ok$/\1/p' | sort >"$work/passed"
    comm -23 "$work/listed" "$work/passed" >"$work/absent"
    grep -v -e "$2" "$work/absent" >"$work/missing" || true
    if test -s "$work/missing"; then
        echo "$1: these tests run natively but not on wasm; has their module a line \`use wasm_bindgen_test::wasm_bindgen_test as test;\`?" >&2
        cat "$work/missing" >&2
        return 1
    fi
    test -s "$work/passed" || { echo "$1: no test ran on wasm" >&2; return 1; }
    printf '%-16s %3d native, %3d on wasm' "$1" "$(wc -l <"$work/listed")" "$(wc -l <"$work/passed")"
    if test -s "$work/absent"; then printf ', %d only native (%s %s)' "$(wc -l <"$work/absent")" "$2" "$3"; fi
    echo
}

cargo_test() { # target, report, arguments
    target=$1 report=$2
    shift 2
    # shellcheck disable=SC2086 # words, not one argument
    for selection in "$libraries" "$example"; do
        cargo test $target --no-fail-fast $selection "$@" >>"$report" 2>&1 || { cat "$report" >&2; exit 1; }
    done
}

cargo_test "--target wasm32-unknown-unknown" "$work/wasm"
cargo_test "" "$work/native" -- --list
suites | while read -r binary native_only why; do
    compare "$binary" "$native_only" "$why"
done
