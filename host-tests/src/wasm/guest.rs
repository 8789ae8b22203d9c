//! One instance of a module: a VM, called through the [`Guest`] trait.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Context, Result, anyhow};
use gatewright_core::host::Host;
use gatewright_testing::guest::{Guest, Outcome, Trap};
use wasmtime::{AsContextMut, Func, Instance, InstancePre, Store, StoreLimitsBuilder, Val};

use super::callbacks::{self, INITIALIZE, MAIN, START};
use super::profile::Profile;
use super::stats::StatsHandle;
use super::trap;
use super::vm::{Phase, Random, Vm};

/// Limits of a guest, and its seed.
#[derive(Clone, Debug)]
pub struct GuestOptions {
    /// Fuel of one callback; a guest that needs more is trapped. A unit is about one wasm instruction.
    pub fuel: u64,
    /// Bytes its memory may grow to. Growing further fails in the guest, it does not trap.
    pub memory_bytes: usize,
    /// Seed of the random numbers it gets.
    pub seed: u64,
    /// Where its counters go. Guests made with the same options add to the same counters.
    pub stats: StatsHandle,
    /// Where the fuel of its functions goes, if the module came from [`WasmModule::profiled`](super::WasmModule::profiled).
    pub profile: Profile,
}

impl Default for GuestOptions {
    /// Seconds of work in one callback, Envoy's 1 GiB of memory.
    fn default() -> Self {
        Self {
            fuel: 4_000_000_000,
            memory_bytes: 1 << 30,
            seed: 0,
            stats: StatsHandle::default(),
            profile: Profile::default(),
        }
    }
}

/// A running instance of a plugin module. A trap ends it for good: every later callback traps as well.
pub struct WasmGuest {
    store: Store<Vm>,
    instance: Instance,
    callbacks: BTreeMap<&'static str, Func>,
    fuel: u64,
    dead: Option<Trap>,
}

impl WasmGuest {
    /// Its counters; the handle stays good when the guest is boxed.
    #[must_use]
    pub fn stats(&self) -> StatsHandle {
        self.store.data().stats.clone()
    }

    /// Instantiates a module and runs its start-up functions.
    pub(super) fn start(
        linked: &InstancePre<Vm>,
        host: Rc<dyn Host>,
        options: &GuestOptions,
        first_abi: bool,
    ) -> Result<Self> {
        let mut store = Store::new(linked.module().engine(), vm(host, options));
        store.limiter(|vm| &mut vm.limits);
        store.set_fuel(options.fuel).map_err(trap::plain)?;
        let instance = linked.instantiate(&mut store).map_err(|error| trap::describe(&error, "instantiation"))?;
        let callbacks = callbacks::find(&mut store, &instance, first_abi)?;
        let mut guest = Self { store, instance, callbacks, fuel: options.fuel, dead: None };
        guest.find_memory()?;
        guest.run_start_functions()?;
        Ok(guest)
    }

    fn find_memory(&mut self) -> Result<()> {
        let store = &mut self.store;
        let memory = self.instance.get_memory(&mut *store, "memory").context("no memory named `memory`")?;
        let name = ["malloc", "proxy_on_memory_allocate"];
        let name = name.into_iter().find(|name| self.instance.get_func(&mut *store, name).is_some());
        let name = name.context("no allocator")?;
        let allocate = self.instance.get_typed_func::<u32, u32>(&mut *store, name);
        let allocate = allocate.map_err(|error| anyhow!("export {name}: {error:#}"))?;
        let vm = store.data_mut();
        (vm.memory, vm.allocate) = (Some(memory), Some(allocate));
        Ok(())
    }

    /// A WASI reactor has `_initialize` and perhaps `main`, a WASI command `_start`.
    fn run_start_functions(&mut self) -> Outcome<()> {
        if self.exports(INITIALIZE) {
            self.call(INITIALIZE, &[])?;
            self.call(MAIN, &[0, 0])?;
        } else {
            self.call(START, &[])?;
        }
        self.store.data_mut().phase = Phase::Callback;
        Ok(())
    }

    /// Calls an export with as many of the arguments as it takes; `None` if it is missing or returns nothing.
    fn call(&mut self, name: &'static str, arguments: &[u32]) -> Outcome<Option<u32>> {
        if let Some(trap) = &self.dead {
            return Err(Trap(format!("{name} of a dead VM; it died of: {}", trap.0)));
        }
        let Some(function) = self.callbacks.get(name).copied() else { return Ok(None) };
        let kind = function.ty(&self.store);
        let arguments = arguments.iter().take(kind.params().len()).map(|number| Val::I32(number.cast_signed()));
        let mut results = vec![Val::I32(0); kind.results().len()];
        let outcome = self.measured(name, function, &arguments.collect::<Vec<_>>(), &mut results);
        if let Err(error) = outcome {
            return Err(self.die(trap::describe(&error, name)));
        }
        Ok(results.first().and_then(Val::i32).map(i32::cast_unsigned))
    }

    fn measured(
        &mut self,
        name: &'static str,
        function: Func,
        arguments: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        self.store.set_fuel(self.fuel)?;
        let outcome = function.call(&mut self.store, arguments, results);
        let used = self.fuel.saturating_sub(self.store.get_fuel()?);
        let memory = self.store.data().memory;
        let bytes = memory.map_or(0, |memory| memory.data_size(self.store.as_context_mut()) as u64);
        self.store.data().stats.callback(name, used, bytes);
        outcome
    }

    fn die(&mut self, trap: Trap) -> Trap {
        self.dead = Some(trap.clone());
        trap
    }

    /// A callback whose result does not matter.
    fn notify(&mut self, name: &'static str, arguments: &[u32]) -> Outcome<()> {
        self.call(name, arguments).map(drop)
    }

    /// A callback that says yes or no; yes when it is missing.
    fn ask(&mut self, name: &'static str, arguments: &[u32]) -> Outcome<bool> {
        Ok(self.call(name, arguments)?.is_none_or(|answer| answer != 0))
    }

    /// A callback that returns an action; continue when it is missing.
    fn act(&mut self, name: &'static str, arguments: &[u32]) -> Outcome<u32> {
        Ok(self.call(name, arguments)?.unwrap_or(0))
    }
}

/// The host's side of a new VM.
fn vm(host: Rc<dyn Host>, options: &GuestOptions) -> Vm {
    Vm {
        host,
        stats: options.stats.clone(),
        profile: options.profile.clone(),
        limits: StoreLimitsBuilder::new().memory_size(options.memory_bytes).build(),
        random: Random(options.seed),
        memory: None,
        allocate: None,
        phase: Phase::Start,
    }
}

impl Guest for WasmGuest {
    fn on_context_create(&mut self, context: u32, parent: u32) -> Outcome<()> {
        self.notify("proxy_on_context_create", &[context, parent])
    }
    fn on_vm_start(&mut self, root: u32, configuration_size: u32) -> Outcome<bool> {
        self.ask("proxy_on_vm_start", &[root, configuration_size])
    }
    fn on_configure(&mut self, root: u32, configuration_size: u32) -> Outcome<bool> {
        self.ask("proxy_on_configure", &[root, configuration_size])
    }
    fn on_tick(&mut self, root: u32) -> Outcome<()> {
        self.notify("proxy_on_tick", &[root])
    }
    fn on_queue_ready(&mut self, root: u32, queue: u32) -> Outcome<()> {
        self.notify("proxy_on_queue_ready", &[root, queue])
    }

    fn on_request_headers(&mut self, context: u32, count: u32, end_of_stream: bool) -> Outcome<u32> {
        self.act("proxy_on_request_headers", &[context, count, end_of_stream.into()])
    }
    fn on_request_body(&mut self, context: u32, size: u32, end_of_stream: bool) -> Outcome<u32> {
        self.act("proxy_on_request_body", &[context, size, end_of_stream.into()])
    }
    fn on_request_trailers(&mut self, context: u32, count: u32) -> Outcome<u32> {
        self.act("proxy_on_request_trailers", &[context, count])
    }
    fn on_response_headers(&mut self, context: u32, count: u32, end_of_stream: bool) -> Outcome<u32> {
        self.act("proxy_on_response_headers", &[context, count, end_of_stream.into()])
    }
    fn on_response_body(&mut self, context: u32, size: u32, end_of_stream: bool) -> Outcome<u32> {
        self.act("proxy_on_response_body", &[context, size, end_of_stream.into()])
    }
    fn on_response_trailers(&mut self, context: u32, count: u32) -> Outcome<u32> {
        self.act("proxy_on_response_trailers", &[context, count])
    }

    fn on_http_call_response(
        &mut self,
        context: u32,
        token: u32,
        headers: u32,
        body_size: u32,
        trailers: u32,
    ) -> Outcome<()> {
        self.notify("proxy_on_http_call_response", &[context, token, headers, body_size, trailers])
    }
    fn on_grpc_receive_initial_metadata(&mut self, context: u32, token: u32, count: u32) -> Outcome<()> {
        self.notify("proxy_on_grpc_receive_initial_metadata", &[context, token, count])
    }
    fn on_grpc_receive(&mut self, context: u32, token: u32, size: u32) -> Outcome<()> {
        self.notify("proxy_on_grpc_receive", &[context, token, size])
    }
    fn on_grpc_receive_trailing_metadata(&mut self, context: u32, token: u32, count: u32) -> Outcome<()> {
        self.notify("proxy_on_grpc_receive_trailing_metadata", &[context, token, count])
    }
    fn on_grpc_close(&mut self, context: u32, token: u32, status: u32) -> Outcome<()> {
        self.notify("proxy_on_grpc_close", &[context, token, status])
    }
    fn on_foreign_function(&mut self, context: u32, function: u32, arguments_size: u32) -> Outcome<()> {
        self.notify("proxy_on_foreign_function", &[context, function, arguments_size])
    }

    fn on_done(&mut self, context: u32) -> Outcome<bool> {
        self.ask("proxy_on_done", &[context])
    }
    fn on_log(&mut self, context: u32) -> Outcome<()> {
        self.notify("proxy_on_log", &[context])
    }
    fn on_delete(&mut self, context: u32) -> Outcome<()> {
        self.notify("proxy_on_delete", &[context])
    }

    fn exports(&self, callback: &str) -> bool {
        self.callbacks.contains_key(callback)
    }
}
