//! Who may depend on whom, as cargo sees it: policies on the SDK, the SDK's core on nothing of a host, one small crate on proxy-wasm.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use gatewright_host::build::workspace_root;
use serde_json::Value;

static METADATA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps"])).unwrap());

#[test]
fn policies_name_the_sdk_and_none_of_its_parts() {
    let policies = packages_in(&["plugins", "examples"]);
    assert!(policies.len() >= 2, "{policies:?}");
    for name in policies {
        let named = dependencies(&name, |kind| kind != "dev");
        assert!(named.contains("gatewright"), "{name}");
        for part in ["gatewright-core", "gatewright-proxy-wasm", "proxy-wasm"] {
            assert!(!named.contains(part), "{name} names {part}: the SDK's facade is gatewright");
        }
    }
}

#[test]
fn only_hand_written_guests_and_the_adapters_tests_name_the_proxy_wasm_crate() {
    let guests = packages_in(&["host-tests/guests"]);
    for name in packages_in(&[""]) {
        let in_module = dependencies(&name, |kind| kind != "dev").contains("proxy-wasm");
        assert!(!in_module || guests.contains(&name), "{name} depends on proxy-wasm");
        let in_tests = dependencies(&name, |kind| kind == "dev").contains("proxy-wasm");
        assert!(!in_tests || name == "gatewright-proxy-wasm", "tests of {name} depend on proxy-wasm");
    }
}

#[test]
fn the_core_knows_no_host() {
    let named = dependencies("gatewright-core", |_| true);
    assert!(named.contains("serde"), "{named:?}");
    let ours: Vec<_> = named.iter().filter(|name| name.contains("gatewright") || name.contains("proxy")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[test]
fn a_policy_is_free_of_the_adapter_on_a_native_target() {
    for name in packages_in(&["plugins", "examples"]) {
        let native = tree(&name, &[]);
        assert!(native.contains("gatewright-core"), "{native:?}");
        for part in ["gatewright-proxy-wasm", "proxy-wasm"] {
            assert!(!native.contains(part), "{name} contains {part} on a native target");
        }
        let wasm = tree(&name, &["--target", "wasm32-wasip1"]);
        assert!(wasm.contains("gatewright-proxy-wasm") && !wasm.contains("proxy-wasm"), "{name}: {wasm:?}");
    }
}

/// JavaScript in a module makes every proxy refuse it. The crates for tests under node bring it in.
#[test]
fn the_sdks_modules_are_free_of_javascript() {
    for target in ["wasm32-wasip1", "wasm32-unknown-unknown"] {
        for name in packages_in(&["plugins", "examples"]) {
            let parts = tree(&name, &["--target", target]);
            assert!(!parts.contains("js-sys") && !parts.contains("wasm-bindgen"), "{name} on {target}");
        }
    }
}

#[test]
fn the_adapter_is_at_most_a_tenth_of_the_sdk() {
    let lines = |name: &str| source_lines(&workspace_root().join("sdk").join(name).join("src"));
    let adapter = lines("gatewright-proxy-wasm");
    let sdk = adapter + lines("gatewright") + lines("gatewright-core");
    assert!(adapter > 0 && adapter * 10 <= sdk, "{adapter} of {sdk} lines");
}

/// Runs cargo on what is there: nothing is fetched.
fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(program).current_dir(workspace_root()).args(arguments).arg("--offline").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Names of the workspace's packages in these folders.
fn packages_in(folders: &[&str]) -> BTreeSet<String> {
    let packages = METADATA["packages"].as_array().unwrap();
    let inside = |package: &&Value| {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        folders.iter().any(|folder| manifest.starts_with(workspace_root().join(folder)))
    };
    packages.iter().filter(inside).map(|package| package["name"].as_str().unwrap().to_owned()).collect()
}

/// Names of the dependencies of a package's manifest, of the kinds `normal`, `build` and `dev` that are asked for, on any target.
fn dependencies(package: &str, wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let packages = METADATA["packages"].as_array().unwrap();
    let package = packages.iter().find(|found| found["name"] == package).unwrap();
    let listed = package["dependencies"].as_array().unwrap().iter();
    let listed = listed.filter(|dependency| wanted(dependency["kind"].as_str().unwrap_or("normal")));
    listed.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

/// Names of everything that is linked into a package.
fn tree(package: &str, more: &[&str]) -> BTreeSet<String> {
    let all = ["tree", "--package", package, "--edges", "normal,no-proc-macro", "--prefix", "none"];
    let listed = cargo(&[&all[..], more].concat());
    listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Lines that are not tests: `tests.rs`, `tests/` and everything from a `#[cfg(test)]` module on, which is the end of a file.
fn source_lines(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let lines = entries.map(|path| match path.file_name().and_then(|name| name.to_str()).unwrap() {
        "tests" | "tests.rs" => 0,
        _ if path.is_dir() => source_lines(&path),
        _ => {
            let text = fs::read_to_string(&path).unwrap();
            text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or_default().lines().count()
        }
    });
    lines.sum()
}
