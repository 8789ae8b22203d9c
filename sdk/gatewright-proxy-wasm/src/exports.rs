//! The module's callbacks. The `export!` macro of `gatewright` gives them their ABI names; here they find the worker.

pub use crate::memory::allocate;

#[cfg(target_family = "wasm")]
mod vm {
    use std::cell::OnceCell;
    use std::rc::Rc;

    use gatewright_core::{Module, Worker};

    use crate::hostcalls::Proxy;

    thread_local! {
        /// A VM is one thread with one worker.
        static WORKER: OnceCell<Worker> = const { OnceCell::new() };
    }

    /// Starts the VM (`_initialize`).
    pub fn initialize(module: Module) {
        #[cfg(target_os = "wasi")]
        call_constructors();
        WORKER.with(|worker| {
            let _ = worker.set(Worker::new(Rc::new(Proxy), module));
        });
    }

    /// Runs what the C library wants to have run first. Left out, the linker would run it around every export.
    #[cfg(target_os = "wasi")]
    #[expect(unsafe_code, reason = "a function of the C library")]
    fn call_constructors() {
        unsafe extern "C" {
            fn __wasm_call_ctors();
        }
        // SAFETY: called once, before anything else.
        unsafe { __wasm_call_ctors() }
    }

    /// Takes a callback to the worker; before `_initialize` there is none, and then nothing happens.
    pub fn with<T: Default>(callback: impl FnOnce(&Worker) -> T) -> T {
        WORKER.with(|worker| worker.get().map(callback).unwrap_or_default())
    }
}

#[cfg(target_family = "wasm")]
pub use vm::{initialize, with};
