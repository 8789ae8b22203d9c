//! The wasmtime guest against small modules written for one question each, and against real plugins.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod abi;
mod load;
mod phases;
mod plugins;
mod recorder;
mod traps;
mod wasi;

use std::rc::Rc;

use gatewright_host::wasm::{WasmGuest, WasmModule};

pub(crate) use recorder::Recorder;

/// What a module needs to be a plugin: its ABI, a memory, and an allocator that hands out memory from 4096 on.
const PLUGIN: &str = r#"
    (func (export "proxy_abi_version_0_2_1"))
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 4096))
    (func (export "malloc") (param $size i32) (result i32)
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get $size))))
"#;

/// A plugin with these imports and functions.
fn module(imports: &str, functions: &str) -> WasmModule {
    WasmModule::from_bytes(&wat::parse_str(format!("(module {imports} {PLUGIN} {functions})")).unwrap()).unwrap()
}

/// A running plugin with these imports and functions, and the host it talks to.
fn guest(imports: &str, functions: &str) -> (WasmGuest, Rc<Recorder>) {
    let host = Rc::new(Recorder::default());
    (module(imports, functions).guest(Rc::<Recorder>::clone(&host)).unwrap(), host)
}
