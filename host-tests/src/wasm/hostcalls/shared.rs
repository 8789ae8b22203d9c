//! Shared data and shared queues.

use wasmtime::{Linker, Result};

use super::{host, host_function};
use crate::wasm::memory::{bytes, give, put_u32};
use crate::wasm::vm::Vm;

pub(super) fn link(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(
        linker,
        "proxy_get_shared_data",
        |vm, key: u32, key_length: u32, pointer_at: u32, length_at: u32, version_at: u32| {
            let (value, version) = host(vm).shared_data(bytes(vm, key, key_length)?)?;
            give(vm, &value, pointer_at, length_at)?;
            put_u32(vm, version_at, version)
        }
    );
    host_function!(
        linker,
        "proxy_set_shared_data",
        |vm, key: u32, key_length: u32, value: u32, value_length: u32, version: u32| {
            let (key, value) = (bytes(vm, key, key_length)?, bytes(vm, value, value_length)?);
            Ok(host(vm).set_shared_data(key, value, version)?)
        }
    );
    link_queues(linker)
}

fn link_queues(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(linker, "proxy_register_shared_queue", |vm, name: u32, length: u32, token_at: u32| {
        let token = host(vm).register_queue(bytes(vm, name, length)?)?;
        put_u32(vm, token_at, token)
    });
    host_function!(
        linker,
        "proxy_resolve_shared_queue",
        |vm, vm_id: u32, vm_id_length: u32, name: u32, name_length: u32, token_at: u32| {
            let (vm_id, name) = (bytes(vm, vm_id, vm_id_length)?, bytes(vm, name, name_length)?);
            let token = host(vm).resolve_queue(vm_id, name)?;
            put_u32(vm, token_at, token)
        }
    );
    host_function!(linker, "proxy_enqueue_shared_queue", |vm, token: u32, value: u32, length: u32| {
        Ok(host(vm).enqueue(token, bytes(vm, value, length)?)?)
    });
    host_function!(linker, "proxy_dequeue_shared_queue", |vm, token: u32, pointer_at: u32, length_at: u32| {
        let value = host(vm).dequeue(token)?;
        give(vm, &value, pointer_at, length_at)
    });
    Ok(())
}
