//! Real plugins, built from this workspace with the `proxy-wasm` crate.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;

use gatewright_core::host::Status;
use gatewright_host::build::{self, Target};
use gatewright_host::wasm::{Stats, WasmGuest, WasmModule};
use gatewright_testing::guest::Guest;
use sha2::{Digest, Sha256};

use crate::Recorder;
use crate::recorder::BYTES;

const TARGETS: [Target; 2] = [Target::Wasip1, Target::Unknown];
/// What the `proxy-wasm` crate asks for to read its configuration.
const CONFIGURATION: &str = "buffer PluginConfiguration 0 4294967295";

fn built(package: &str, target: Target) -> PathBuf {
    build::module(package, target).unwrap()
}

/// A plugin whose VM was started.
fn plugin(package: &str, target: Target) -> (WasmGuest, Rc<Recorder>) {
    let host = Rc::new(Recorder::default());
    let module = WasmModule::load(built(package, target)).unwrap();
    let mut guest = module.guest(Rc::<Recorder>::clone(&host)).unwrap();
    guest.on_context_create(1, 0).unwrap();
    assert!(guest.on_vm_start(1, 0).unwrap());
    (guest, host)
}

/// The API-key plugin, configured to accept one key.
fn api_key(target: Target, key: &[u8]) -> (WasmGuest, Rc<Recorder>) {
    let (mut guest, host) = plugin("guest-callbacks", target);
    let digest: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    let config = format!(r#"{{"header": "x-api-key", "keys": ["{digest}"]}}"#);
    let size = config.len() as u32;
    host.answers.borrow_mut().insert(CONFIGURATION.into(), Ok(config.into_bytes()));
    assert!(guest.on_configure(1, size).unwrap());
    host.calls();
    (guest, host)
}

#[test]
fn modules_import_from_the_proxy_and_wasi_only() {
    for package in ["guest-baseline", "guest-callbacks"] {
        let imports = WasmModule::load(built(package, Target::Wasip1)).unwrap().imports();
        let from: BTreeSet<_> = imports.iter().map(|(module, _)| module.as_str()).collect();
        assert_eq!(from, BTreeSet::from(["env", "wasi_snapshot_preview1"]), "{package}");
        let imports = WasmModule::load(built(package, Target::Unknown)).unwrap().imports();
        assert!(imports.iter().all(|(module, _)| module == "env"), "{imports:?}");
    }
}

#[test]
fn the_baseline_lets_everything_pass_and_asks_for_nothing() {
    for target in TARGETS {
        let (mut guest, host) = plugin("guest-baseline", target);
        assert!(guest.on_configure(1, 0).unwrap());
        guest.on_context_create(2, 1).unwrap();
        assert_eq!(guest.on_request_headers(2, 5, false), Ok(0));
        assert_eq!(guest.on_request_body(2, 9, true), Ok(0));
        assert_eq!(guest.on_response_headers(2, 3, false), Ok(0));
        assert_eq!(guest.on_response_body(2, 9, true), Ok(0));
        assert_eq!((guest.on_done(2), guest.on_log(2)), (Ok(true), Ok(())));
        assert_eq!(guest.on_delete(2), Ok(()));
        assert_eq!(host.calls(), [""; 0], "{target:?}");
        assert!(guest.stats().read().callback("proxy_on_request_headers").fuel > 0);
    }
}

#[test]
fn a_known_key_passes_and_is_taken_off() {
    for target in TARGETS {
        let (mut guest, host) = api_key(target, BYTES);
        guest.on_context_create(2, 1).unwrap();
        assert_eq!(guest.on_request_headers(2, 5, true), Ok(0));
        let asked = ["header_value", "remove_header"];
        assert_eq!(host.calls(), asked.map(|call| format!("{call} RequestHeaders x-api-key")));
        assert_eq!(guest.on_response_headers(2, 5, true), Ok(0));
        assert_eq!(host.calls(), ["replace_header ResponseHeaders x-upstream-ms 0"], "{target:?}");
    }
}

#[test]
fn an_unknown_or_missing_key_is_answered() {
    for target in TARGETS {
        let (mut guest, host) = api_key(target, b"another");
        guest.on_context_create(2, 1).unwrap();
        assert_eq!(guest.on_request_headers(2, 5, true), Ok(1));
        let answered = host.calls().pop().unwrap();
        assert!(answered.starts_with("send_local_response 403 "), "{answered}");
        let lookup = "header_value RequestHeaders x-api-key".to_owned();
        host.answers.borrow_mut().insert(lookup, Err(Status::NotFound));
        guest.on_context_create(3, 1).unwrap();
        assert_eq!(guest.on_request_headers(3, 5, true), Ok(1));
        let answered = host.calls().pop().unwrap();
        assert!(answered.starts_with("send_local_response 401 "), "{answered}");
        assert!(answered.contains("ApiKey"), "{answered}");
    }
}

#[test]
fn a_broken_configuration_is_refused() {
    let (mut guest, host) = plugin("guest-callbacks", Target::Wasip1);
    host.answers.borrow_mut().insert(CONFIGURATION.into(), Ok(b"{}".to_vec()));
    assert_eq!(guest.on_configure(1, 2), Ok(false));
}

#[test]
fn a_panic_of_the_proxy_wasm_crate_is_a_trap_with_its_message_logged() {
    let (mut guest, host) = api_key(Target::Wasip1, BYTES);
    guest.on_context_create(2, 1).unwrap();
    // The crate panics on a status that it does not expect.
    host.failure.set(Some(Status::BadArgument));
    let died = guest.on_request_headers(2, 5, true).unwrap_err().0;
    assert!(died.contains("unreachable"), "{died}");
    let calls = host.calls().join(" / ");
    assert!(calls.contains("log Critical panicked") && calls.contains("unexpected status: 2"), "{calls}");
}

#[test]
fn work_repeats_exactly_in_fresh_instances() {
    let run = || -> Vec<Stats> {
        let (mut guest, _) = api_key(Target::Wasip1, BYTES);
        let stats = guest.stats();
        let exchange = |context| {
            guest.on_context_create(context, 1).unwrap();
            guest.on_request_headers(context, 5, true).unwrap();
            guest.on_response_headers(context, 5, true).unwrap();
            assert!(guest.on_done(context).unwrap());
            guest.on_delete(context).unwrap();
            stats.reset()
        };
        (2..40).map(exchange).collect()
    };
    let first = run();
    assert_eq!(first, run());
    assert_eq!((first[9].host_calls(), first[9].allocations), (5, 1), "{:?}", first[9]);
    assert!(first[9].fuel() > 1000);
}
