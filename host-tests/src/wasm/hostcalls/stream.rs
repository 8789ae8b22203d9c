//! Log, time, contexts, the exchange itself and foreign functions.

use gatewright_core::host::{Direction, LogLevel, Status};
use wasmtime::{Linker, Result};

use super::{host, host_function};
use crate::wasm::memory::{bytes, give, put_u32, put_u64};
use crate::wasm::vm::{Stop, Vm};

pub(super) fn link(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(linker, "proxy_log", |vm, level: u32, message: u32, length: u32| {
        let level = log_level(level)?;
        host(vm).log(level, &String::from_utf8_lossy(bytes(vm, message, length)?));
        Ok(())
    });
    host_function!(linker, "proxy_get_log_level", |vm, level_at: u32| {
        let level = host(vm).log_level();
        put_u32(vm, level_at, level as u32)
    });
    host_function!(linker, "proxy_get_current_time_nanoseconds", |vm, time_at: u32| {
        let now = host(vm).now_nanos();
        put_u64(vm, time_at, now)
    });
    host_function!(linker, "proxy_set_tick_period_milliseconds", |vm, period: u32| {
        Ok(host(vm).set_tick_period(period)?)
    });
    host_function!(linker, "proxy_set_effective_context", |vm, context: u32| {
        Ok(host(vm).set_effective_context(context)?)
    });
    host_function!(linker, "proxy_done", |_vm| {
        // What Envoy answers unless a root context deferred its end, which the `Host` trait has no call for.
        Err(Status::NotFound.into())
    });
    link_exchange(linker)
}

fn link_exchange(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(linker, "proxy_continue_stream", |vm, stream: u32| {
        Ok(host(vm).continue_stream(direction(stream)?)?)
    });
    host_function!(linker, "proxy_close_stream", |vm, stream: u32| { Ok(host(vm).close_stream(direction(stream)?)?) });
    host_function!(
        linker,
        "proxy_send_local_response",
        |vm,
         status: u32,
         details: u32,
         details_length: u32,
         body: u32,
         body_length: u32,
         headers: u32,
         headers_length: u32,
         grpc_status: i32| {
            let (details, body) = (bytes(vm, details, details_length)?, bytes(vm, body, body_length)?);
            let headers = bytes(vm, headers, headers_length)?;
            Ok(host(vm).send_local_response(status, details, body, headers, grpc_status)?)
        }
    );
    host_function!(
        linker,
        "proxy_call_foreign_function",
        |vm, name: u32, name_length: u32, data: u32, data_length: u32, pointer_at: u32, length_at: u32| {
            let (name, data) = (bytes(vm, name, name_length)?, bytes(vm, data, data_length)?);
            let name = std::str::from_utf8(name).map_err(|_| Status::NotFound)?;
            let answer = host(vm).call_foreign(name, data)?;
            // A null pointer says that the caller does not want the answer.
            if pointer_at == 0 { Ok(()) } else { give(vm, &answer, pointer_at, length_at) }
        }
    );
    Ok(())
}

fn log_level(number: u32) -> Result<LogLevel, Stop> {
    Ok(match number {
        0 => LogLevel::Trace,
        1 => LogLevel::Debug,
        2 => LogLevel::Info,
        3 => LogLevel::Warn,
        4 => LogLevel::Error,
        5 => LogLevel::Critical,
        _ => return Err(Status::BadArgument.into()),
    })
}

fn direction(number: u32) -> Result<Direction, Stop> {
    Ok(match number {
        0 => Direction::Request,
        1 => Direction::Response,
        // Network streams exist in the ABI, never in an HTTP exchange.
        2 | 3 => return Err(Status::Unimplemented.into()),
        _ => return Err(Status::BadArgument.into()),
    })
}
