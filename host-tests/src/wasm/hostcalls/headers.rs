//! Header lists, buffers and properties.

use gatewright_core::host::{BufferKind, MapKind, Status};
use gatewright_core::pairs;
use wasmtime::{Caller, Linker, Result};

use super::{host, host_function};
use crate::wasm::memory::{bytes, give, put_u32};
use crate::wasm::vm::{Stop, Vm};

pub(super) fn link(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(linker, "proxy_get_header_map_pairs", |vm, map: u32, pointer_at: u32, length_at: u32| {
        let list = host(vm).header_pairs(map_kind(map)?)?;
        give(vm, &list, pointer_at, length_at)
    });
    host_function!(linker, "proxy_get_header_map_size", |vm, map: u32, size_at: u32| {
        let size = map_size(&host(vm).header_pairs(map_kind(map)?)?)?;
        put_u32(vm, size_at, size)
    });
    host_function!(linker, "proxy_set_header_map_pairs", |vm, map: u32, at: u32, length: u32| {
        Ok(host(vm).set_header_pairs(map_kind(map)?, bytes(vm, at, length)?)?)
    });
    host_function!(
        linker,
        "proxy_get_header_map_value",
        |vm, map: u32, name: u32, name_length: u32, pointer_at: u32, length_at: u32| {
            let value = host(vm).header_value(map_kind(map)?, bytes(vm, name, name_length)?)?;
            give(vm, &value, pointer_at, length_at)
        }
    );
    host_function!(
        linker,
        "proxy_add_header_map_value",
        |vm, map: u32, name: u32, name_length: u32, value: u32, value_length: u32| {
            let (name, value) = (bytes(vm, name, name_length)?, bytes(vm, value, value_length)?);
            Ok(host(vm).add_header(map_kind(map)?, name, value)?)
        }
    );
    host_function!(
        linker,
        "proxy_replace_header_map_value",
        |vm, map: u32, name: u32, name_length: u32, value: u32, value_length: u32| {
            let (name, value) = (bytes(vm, name, name_length)?, bytes(vm, value, value_length)?);
            Ok(host(vm).replace_header(map_kind(map)?, name, value)?)
        }
    );
    host_function!(linker, "proxy_remove_header_map_value", |vm, map: u32, name: u32, length: u32| {
        Ok(host(vm).remove_header(map_kind(map)?, bytes(vm, name, length)?)?)
    });
    link_buffers(linker)?;
    link_properties(linker)
}

fn link_buffers(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(
        linker,
        "proxy_get_buffer_bytes",
        |vm, buffer: u32, start: u32, length: u32, pointer_at: u32, length_at: u32| {
            let found = host(vm).buffer(buffer_kind(buffer)?, start as usize, length as usize)?;
            give_unless_empty(vm, &found, pointer_at, length_at)
        }
    );
    host_function!(linker, "proxy_get_buffer_status", |vm, buffer: u32, length_at: u32, flags_at: u32| {
        let found = host(vm).buffer(buffer_kind(buffer)?, 0, u32::MAX as usize)?;
        put_u32(vm, length_at, u32::try_from(found.len()).unwrap_or(u32::MAX))?;
        put_u32(vm, flags_at, 0)
    });
    host_function!(
        linker,
        "proxy_set_buffer_bytes",
        |vm, buffer: u32, start: u32, length: u32, data: u32, data_length: u32| {
            let data = bytes(vm, data, data_length)?;
            Ok(host(vm).set_buffer(buffer_kind(buffer)?, start as usize, length as usize, data)?)
        }
    );
    Ok(())
}

fn link_properties(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(linker, "proxy_get_property", |vm, path: u32, length: u32, pointer_at: u32, length_at: u32| {
        let value = host(vm).property(bytes(vm, path, length)?)?;
        give(vm, &value, pointer_at, length_at)
    });
    host_function!(linker, "proxy_set_property", |vm, path: u32, length: u32, value: u32, value_length: u32| {
        let (path, value) = (bytes(vm, path, length)?, bytes(vm, value, value_length)?);
        Ok(host(vm).set_property(path, value)?)
    });
    Ok(())
}

/// Envoy's host succeeds on an empty buffer without touching the guest's variables; a guest must have set them itself.
fn give_unless_empty(vm: &mut Caller<'_, Vm>, data: &[u8], pointer_at: u32, length_at: u32) -> Result<(), Stop> {
    if data.is_empty() { Ok(()) } else { give(vm, data, pointer_at, length_at) }
}

fn map_kind(number: u32) -> Result<MapKind, Stop> {
    Ok(match number {
        0 => MapKind::RequestHeaders,
        1 => MapKind::RequestTrailers,
        2 => MapKind::ResponseHeaders,
        3 => MapKind::ResponseTrailers,
        4 => MapKind::GrpcInitialMetadata,
        5 => MapKind::GrpcTrailingMetadata,
        6 => MapKind::CalloutHeaders,
        7 => MapKind::CalloutTrailers,
        _ => return Err(Status::BadArgument.into()),
    })
}

fn buffer_kind(number: u32) -> Result<BufferKind, Stop> {
    Ok(match number {
        0 => BufferKind::RequestBody,
        1 => BufferKind::ResponseBody,
        // Network buffers exist in the ABI, never in an HTTP exchange.
        2 | 3 => return Err(Status::NotFound.into()),
        4 => BufferKind::CalloutBody,
        5 => BufferKind::GrpcMessage,
        6 => BufferKind::VmConfiguration,
        7 => BufferKind::PluginConfiguration,
        8 => BufferKind::CallData,
        _ => return Err(Status::BadArgument.into()),
    })
}

/// Bytes of all names and values, without what separates them.
fn map_size(list: &[u8]) -> Result<u32, Stop> {
    let spans = pairs::decode(list).map_err(|_| Status::SerializationFailure)?;
    Ok(spans.iter().fold(0u32, |size, span| size.saturating_add(span.name_len).saturating_add(span.value_len)))
}
