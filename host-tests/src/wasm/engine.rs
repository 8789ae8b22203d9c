//! The one wasmtime engine and the functions linked into every guest.

use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use wasmtime::{Config, Engine, Linker};

use super::trap::plain;
use super::vm::Vm;
use super::{hostcalls, profile, wasi};

/// Engine and host functions, shared by all modules of the process.
pub(super) struct Runtime {
    pub(super) engine: Engine,
    pub(super) linker: Linker<Vm>,
}

/// The runtime of this process.
pub(super) fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::result::Result<Runtime, String>> = OnceLock::new();
    RUNTIME.get_or_init(|| start().map_err(|error| format!("{error:#}"))).as_ref().map_err(|error| anyhow!("{error}"))
}

fn start() -> Result<Runtime> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config).map_err(plain).context("starting wasmtime")?;
    let mut linker = Linker::new(&engine);
    hostcalls::link(&mut linker).map_err(plain).context("linking the proxy-wasm functions")?;
    profile::link(&mut linker).map_err(plain).context("linking the hooks of a profile")?;
    wasi::link(&mut linker).map_err(plain).context("linking the WASI functions")?;
    Ok(Runtime { engine, linker })
}
