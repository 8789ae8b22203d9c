//! HTTP and gRPC callouts.

use wasmtime::{Linker, Result};

use super::{host, host_function};
use crate::wasm::memory::{bytes, give, put_u32};
use crate::wasm::vm::Vm;

pub(super) fn link(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(linker, "proxy_http_call", |vm,
                                               upstream: u32,
                                               upstream_length: u32,
                                               headers: u32,
                                               headers_length: u32,
                                               body: u32,
                                               body_length: u32,
                                               trailers: u32,
                                               trailers_length: u32,
                                               timeout: u32,
                                               token_at: u32| {
        // Nothing is sent when the token has nowhere to go.
        put_u32(vm, token_at, 0)?;
        let (upstream, headers) = (bytes(vm, upstream, upstream_length)?, bytes(vm, headers, headers_length)?);
        let (body, trailers) = (bytes(vm, body, body_length)?, bytes(vm, trailers, trailers_length)?);
        let token = host(vm).http_call(upstream, headers, body, trailers, timeout)?;
        put_u32(vm, token_at, token)
    });
    host_function!(linker, "proxy_get_status", |vm, code_at: u32, pointer_at: u32, length_at: u32| {
        let (code, message) = host(vm).callout_status()?;
        put_u32(vm, code_at, code)?;
        give(vm, &message, pointer_at, length_at)
    });
    link_grpc_start(linker)?;
    link_grpc(linker)
}

fn link_grpc_start(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(linker, "proxy_grpc_call", |vm,
                                               upstream: u32,
                                               upstream_length: u32,
                                               service: u32,
                                               service_length: u32,
                                               method: u32,
                                               method_length: u32,
                                               metadata: u32,
                                               metadata_length: u32,
                                               message: u32,
                                               message_length: u32,
                                               timeout: u32,
                                               token_at: u32| {
        let (upstream, service) = (bytes(vm, upstream, upstream_length)?, bytes(vm, service, service_length)?);
        let (method, metadata) = (bytes(vm, method, method_length)?, bytes(vm, metadata, metadata_length)?);
        let message = bytes(vm, message, message_length)?;
        let token = host(vm).grpc_call(upstream, service, method, metadata, message, timeout)?;
        put_u32(vm, token_at, token)
    });
    host_function!(linker, "proxy_grpc_stream", |vm,
                                                 upstream: u32,
                                                 upstream_length: u32,
                                                 service: u32,
                                                 service_length: u32,
                                                 method: u32,
                                                 method_length: u32,
                                                 metadata: u32,
                                                 metadata_length: u32,
                                                 token_at: u32| {
        let (upstream, service) = (bytes(vm, upstream, upstream_length)?, bytes(vm, service, service_length)?);
        let (method, metadata) = (bytes(vm, method, method_length)?, bytes(vm, metadata, metadata_length)?);
        let token = host(vm).grpc_stream(upstream, service, method, metadata)?;
        put_u32(vm, token_at, token)
    });
    Ok(())
}

fn link_grpc(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(linker, "proxy_grpc_send", |vm, token: u32, message: u32, length: u32, end_stream: u32| {
        Ok(host(vm).grpc_send(token, bytes(vm, message, length)?, end_stream != 0)?)
    });
    host_function!(linker, "proxy_grpc_close", |vm, token: u32| { Ok(host(vm).grpc_close(token)?) });
    host_function!(linker, "proxy_grpc_cancel", |vm, token: u32| { Ok(host(vm).grpc_cancel(token)?) });
    Ok(())
}
