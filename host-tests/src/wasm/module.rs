//! A compiled plugin module.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use gatewright_core::host::Host;
use gatewright_testing::guest::{Guest, Outcome, Trap};
use wasmparser::{Parser, Payload};
use wasmtime::{ExternType, InstancePre, Linker, Module, UnknownImportError};

use super::cache::Cache;
use super::engine::runtime;
use super::guest::{GuestOptions, WasmGuest};
use super::profile::instrument;
use super::trap::plain;
use super::vm::Vm;
use crate::build;

/// A plugin module that is compiled and can be run: its ABI is known, its imports are all there.
#[derive(Clone)]
pub struct WasmModule {
    wasm: Arc<[u8]>,
    module: Module,
    linked: InstancePre<Vm>,
}

impl WasmModule {
    /// Loads the module in a file.
    ///
    /// # Errors
    /// As [`WasmModule::from_bytes`], or the file cannot be read; the error names it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let wasm = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        Self::from_bytes(&wasm).with_context(|| format!("loading {}", path.display()))
    }

    /// Compiles a module, or takes its compiled form from the target folder.
    ///
    /// # Errors
    /// Not a wasm module, no proxy-wasm ABI that Envoy knows, no memory or allocator, or imports that the host does not have.
    pub fn from_bytes(wasm: &[u8]) -> Result<Self> {
        let cache = Cache::at(build::target_folder().join("wasm-modules"));
        let runtime = runtime()?;
        let (module, _) = cache.compile(&runtime.engine, wasm)?;
        check_exports(&module)?;
        let linked = link(&runtime.linker, &module)?;
        Ok(Self { wasm: wasm.into(), module, linked })
    }

    /// Loads the module in a file so that each of its functions counts its fuel ([`GuestOptions::profile`]), and the names of its
    /// functions by their index. Names are there if the module was built with them.
    ///
    /// # Errors
    /// As [`WasmModule::load`].
    pub fn profiled(path: impl AsRef<Path>) -> Result<(Self, BTreeMap<u32, String>)> {
        let path = path.as_ref();
        let wasm = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let instrument::Instrumented { wasm, names } =
            instrument::instrument(&wasm).context("instrumenting the module")?;
        Ok((Self::from_bytes(&wasm)?, names))
    }

    /// Makes a guest, a VM of its own, and runs its start-up functions.
    ///
    /// # Errors
    /// The guest traps at start-up (the error is then a [`Trap`]), or it exports a callback of a
    /// wrong type.
    pub fn guest(&self, host: Rc<dyn Host>) -> Result<WasmGuest> {
        self.guest_with(host, &GuestOptions::default())
    }

    /// As [`WasmModule::guest`], with limits and seed of the caller's choice.
    ///
    /// # Errors
    /// As [`WasmModule::guest`].
    pub fn guest_with(&self, host: Rc<dyn Host>, options: &GuestOptions) -> Result<WasmGuest> {
        let first_abi = self.module.get_export(ABI_VERSIONS[0]).is_some();
        WasmGuest::start(&self.linked, host, options, first_abi)
    }

    /// As [`WasmModule::guest_with`], in the form that the test proxy of `gatewright-testing` makes its guests in:
    /// `move |host| module.boxed(host, &options)`.
    ///
    /// # Errors
    /// As [`WasmModule::guest`], every error as a trap.
    pub fn boxed(&self, host: impl Host + 'static, options: &GuestOptions) -> Outcome<Box<dyn Guest>> {
        match self.guest_with(Rc::new(host), options) {
            Ok(guest) => Ok(Box::new(guest)),
            Err(error) => Err(error.downcast::<Trap>().unwrap_or_else(|error| Trap(format!("{error:#}")))),
        }
    }

    /// Module and name of every import.
    #[must_use]
    pub fn imports(&self) -> Vec<(String, String)> {
        self.module.imports().map(|import| (import.module().to_owned(), import.name().to_owned())).collect()
    }

    /// Name of every export.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        self.module.exports().map(|export| export.name().to_owned()).collect()
    }

    /// The first custom section of this name.
    #[must_use]
    pub fn custom_section(&self, name: &str) -> Option<Vec<u8>> {
        Parser::new(0).parse_all(&self.wasm).find_map(|payload| match payload {
            Ok(Payload::CustomSection(section)) if section.name() == name => Some(section.data().to_vec()),
            _ => None,
        })
    }

    /// Size of the module as it ships, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.wasm.len()
    }
}

/// The ABI versions that Envoy's host accepts, as their marker exports.
const ABI_VERSIONS: [&str; 3] = ["proxy_abi_version_0_1_0", "proxy_abi_version_0_2_0", "proxy_abi_version_0_2_1"];

/// What the host needs of a guest before it can call anything.
fn check_exports(module: &Module) -> Result<()> {
    let has = |name: &str| matches!(module.get_export(name), Some(ExternType::Func(_)));
    if !ABI_VERSIONS.iter().any(|version| has(version)) {
        let known = ABI_VERSIONS.join(", ");
        let found = module.exports().map(|export| export.name()).find(|name| name.starts_with("proxy_abi_version"));
        let found = found.unwrap_or("none");
        bail!("missing or unknown proxy-wasm ABI version: exports {found}; a plugin exports one of {known}");
    }
    if !matches!(module.get_export("memory"), Some(ExternType::Memory(_))) {
        bail!("the module exports no memory named `memory`");
    }
    if !has("malloc") && !has("proxy_on_memory_allocate") {
        bail!("the module exports neither `malloc` nor `proxy_on_memory_allocate`");
    }
    Ok(())
}

/// Links the module, or names every import that the host does not have.
fn link(linker: &Linker<Vm>, module: &Module) -> Result<InstancePre<Vm>> {
    let mut linker = linker.clone();
    let mut unknown = Vec::new();
    // wasmtime tells one unknown import at a time: a stand-in for it brings out the next.
    for _ in 0..=module.imports().len() {
        let error = match linker.instantiate_pre(module) {
            Ok(linked) if unknown.is_empty() => return Ok(linked),
            Ok(_) => break,
            Err(error) => error,
        };
        let Some(import) = error.downcast_ref::<UnknownImportError>() else { bail!("linking the module: {error:#}") };
        unknown.push(format!("{}.{}", import.module(), import.name()));
        let ExternType::Func(kind) = import.ty() else { break };
        linker.func_new(import.module(), import.name(), kind, |_, _, _| Ok(())).map_err(plain)?;
    }
    bail!("the host does not have what the module imports: {}", unknown.join(", "))
}
