//! The `env.proxy_*` functions of the proxy-wasm ABI 0.2.1: each reads its arguments from the guest's memory, asks the
//! [`Host`](gatewright_core::host::Host), and writes the answer back.

mod callouts;
mod headers;
mod metrics;
mod shared;
mod stream;

use wasmtime::{Linker, Result};

use super::vm::Vm;

/// Links one function. The body's value is the status the guest gets.
macro_rules! host_function {
    ($linker:ident, $name:literal, |$vm:ident $(, $argument:ident: $kind:ty)*| $body:expr) => {
        $linker.func_wrap(
            "env",
            $name,
            |mut caller: wasmtime::Caller<'_, $crate::wasm::vm::Vm> $(, $argument: $kind)*| {
                $crate::wasm::vm::host_call(&mut caller, $name, |$vm| $body)
            },
        )?;
    };
}
use host_function;

/// Links all functions.
pub(super) fn link(linker: &mut Linker<Vm>) -> Result<()> {
    stream::link(linker)?;
    headers::link(linker)?;
    callouts::link(linker)?;
    shared::link(linker)?;
    metrics::link(linker)
}

/// The host of the VM, free of the borrow of its store.
fn host(vm: &wasmtime::Caller<'_, Vm>) -> std::rc::Rc<dyn gatewright_core::host::Host> {
    std::rc::Rc::clone(&vm.data().host)
}
