//! The functions that the host calls in a guest: found by name, their types checked once.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use wasmtime::{AsContextMut, Func, Instance, ValType};

/// Name, number of parameters (all i32), and whether there is an i32 result.
type Signature = (&'static str, usize, bool);

/// The start-up functions. `main` takes what its compiler gave it.
pub(super) const INITIALIZE: &str = "_initialize";
pub(super) const MAIN: &str = "main";
pub(super) const START: &str = "_start";

const CALLBACKS: &[Signature] = &[
    ("proxy_on_context_create", 2, false),
    ("proxy_on_vm_start", 2, true),
    ("proxy_on_configure", 2, true),
    ("proxy_on_tick", 1, false),
    ("proxy_on_queue_ready", 2, false),
    ("proxy_on_request_headers", 3, true),
    ("proxy_on_request_body", 3, true),
    ("proxy_on_request_trailers", 2, true),
    ("proxy_on_response_headers", 3, true),
    ("proxy_on_response_body", 3, true),
    ("proxy_on_response_trailers", 2, true),
    ("proxy_on_http_call_response", 5, false),
    ("proxy_on_grpc_receive_initial_metadata", 3, false),
    ("proxy_on_grpc_receive", 3, false),
    ("proxy_on_grpc_receive_trailing_metadata", 3, false),
    ("proxy_on_grpc_close", 3, false),
    ("proxy_on_foreign_function", 3, false),
    ("proxy_on_done", 1, true),
    ("proxy_on_log", 1, false),
    ("proxy_on_delete", 1, false),
];

/// Callbacks that ABI 0.1.0 calls without the end-of-stream parameter.
const SHORTER_IN_0_1_0: [&str; 2] = ["proxy_on_request_headers", "proxy_on_response_headers"];

/// Finds the callbacks an instance exports. A wrong type is refused, as in Envoy.
pub(super) fn find(
    store: &mut impl AsContextMut,
    instance: &Instance,
    first_abi: bool,
) -> Result<BTreeMap<&'static str, Func>> {
    let mut found = BTreeMap::new();
    for &(name, parameters, result) in CALLBACKS {
        let shorter = first_abi && SHORTER_IN_0_1_0.contains(&name);
        let parameters = if shorter { parameters - 1 } else { parameters };
        if let Some(function) = instance.get_func(&mut *store, name) {
            check(store, (name, parameters, result), function)?;
            found.insert(name, function);
        }
    }
    for name in [INITIALIZE, MAIN, START] {
        found.extend(instance.get_func(&mut *store, name).map(|function| (name, function)));
    }
    Ok(found)
}

fn check(store: &impl wasmtime::AsContext, (name, parameters, result): Signature, function: Func) -> Result<()> {
    let kind = function.ty(store);
    let all_i32 = kind.params().chain(kind.results()).all(|kind| matches!(kind, ValType::I32));
    if !all_i32 || kind.params().len() != parameters || kind.results().len() != usize::from(result) {
        let results = if result { "one i32 result" } else { "no result" };
        bail!("export {name} has type {kind}; the ABI has {parameters} i32 parameters and {results}");
    }
    Ok(())
}
