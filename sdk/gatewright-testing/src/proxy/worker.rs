//! One worker thread of the proxy: its VM, that VM's life, and the exchanges under way.

mod callouts;
mod ending;
mod pump;
mod upstream;

use std::fmt;
use std::rc::Rc;

use gatewright_core::host::{LogLevel, MetricKind};

pub(crate) use self::ending::fail;
use super::builder::{Factory, FailurePolicy, Plugin, Settings};
use super::clock::nanos;
use super::exchange::Exchange;
use super::timeline::Timeline;
use super::vm::{Action, Context, Root, VmHost};
use super::world::World;
use crate::guest::{Guest, Outcome, Trap};

/// Why a plugin did not start, or a new configuration was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The guest said no: `on_vm_start` or `on_configure` returned `false`.
    Refused {
        /// Name of the plugin configuration.
        plugin: String,
        /// The callback that refused.
        callback: &'static str,
        /// The last error that the guest logged before it did; empty if it logged none.
        error: String,
    },
    /// The guest died.
    Trapped(Trap),
    /// The guest called a host function while it was being loaded, where that is forbidden.
    RestrictedCallback(&'static str),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { plugin, callback, error } => {
                write!(f, "plugin {plugin}: {callback} refused the configuration: {error}")
            }
            Self::Trapped(trap) => trap.fmt(f),
            Self::RestrictedCallback(function) => {
                write!(f, "{function} was called while the module was loaded")
            }
        }
    }
}

impl std::error::Error for StartError {}

/// A VM that lives: its guest and the host functions behind it.
pub(crate) struct Running {
    pub(crate) host: VmHost,
    guest: Box<dyn Guest>,
    /// Root contexts that take new exchanges, by plugin.
    roots: Vec<(String, u32)>,
}

pub(crate) struct Worker {
    pub(crate) number: usize,
    label: String,
    pub(crate) world: World,
    pub(crate) settings: Rc<Settings>,
    factory: Factory,
    plugins: Vec<Plugin>,
    pub(crate) vm: Option<Running>,
    pub(crate) timeline: Timeline,
    /// When the VM was last loaded, or tried to be.
    loaded: u64,
}

impl Worker {
    pub(crate) fn start(
        world: World,
        settings: Rc<Settings>,
        factory: Factory,
        number: usize,
        label: &str,
        plugins: &[Plugin],
    ) -> Result<Self, StartError> {
        let mut worker = Self {
            number,
            label: label.to_owned(),
            loaded: world.elapsed(),
            world,
            settings,
            factory,
            plugins: plugins.to_vec(),
            vm: None,
            timeline: Timeline::default(),
        };
        worker.vm = Some(worker.load(plugins, label)?);
        worker.run_actions();
        Ok(worker)
    }

    /// Tries a configuration in a VM that is then thrown away.
    pub(crate) fn try_out(&self, plugins: &[Plugin]) -> Result<(), StartError> {
        let (settings, factory) = (self.settings.clone(), self.factory.clone());
        Self::start(self.world.clone(), settings, factory, self.number, "canary", plugins).map(drop)
    }

    /// Takes a new configuration: new root contexts in the same VM, or a new VM for a dead one. Refused, nothing changes.
    pub(crate) fn configure(&mut self, plugins: &[Plugin]) -> Result<(), StartError> {
        let Some(vm) = self.vm.as_mut() else {
            self.vm = Some(self.load(plugins, &self.label)?);
            self.plugins = plugins.to_vec();
            self.run_actions();
            return Ok(());
        };
        let old = std::mem::take(&mut vm.roots);
        for plugin in plugins {
            if let Err(error) = vm.add_root(plugin) {
                let new = std::mem::replace(&mut vm.roots, old);
                vm.retire(&new);
                return Err(self.refused(error));
            }
        }
        vm.retire(&old);
        self.plugins = plugins.to_vec();
        self.run_actions();
        self.end_retired_roots();
        Ok(())
    }

    /// Whether a VM is there for the next request, after a reload if that is due; `None` refuses the request.
    pub(crate) fn filter_ready(&mut self) -> Option<bool> {
        if self.vm.is_some() {
            return Some(true);
        }
        match self.settings.failure_policy {
            FailurePolicy::Closed => None,
            FailurePolicy::Open => Some(false),
            FailurePolicy::Reload => self.reload().then_some(true),
        }
    }

    /// Calls the guest. `None`: the VM is dead, or died of it.
    pub(crate) fn call<T>(
        &mut self,
        context: u32,
        callback: &str,
        missing: T,
        run: impl FnOnce(&mut dyn Guest) -> Outcome<T>,
    ) -> Option<T> {
        match self.vm.as_mut()?.call(context, callback, missing, run) {
            Ok(value) => Some(value),
            Err(trap) => {
                self.die(context, &trap);
                None
            }
        }
    }

    /// Does what the guest asked for during its callbacks, which may call it again.
    pub(crate) fn run_actions(&mut self) {
        while let Some(action) = self.next_action() {
            match action {
                Action::Continue { context, direction } => {
                    if let Some(exchange) = self.exchange_of(context) {
                        self.resume(&exchange, direction);
                    }
                }
                Action::Reply { context, reply } => {
                    if let Some(exchange) = self.exchange_of(context) {
                        self.reply(&exchange, reply);
                    }
                }
                Action::Close { context } => {
                    if let Some(exchange) = self.exchange_of(context) {
                        self.cut(&exchange, "wasm_close_stream");
                    }
                }
                Action::Done { context } => self.delete(context),
            }
        }
    }

    /// Whether the VM that an exchange began in lives.
    pub(crate) fn is_same_vm(&self, number: u64) -> bool {
        self.vm.as_ref().is_some_and(|vm| vm.host.0.borrow().number == number)
    }

    pub(crate) fn exchange_of(&self, context: u32) -> Option<Exchange> {
        self.vm.as_ref()?.host.0.borrow().exchange_of(context)
    }

    fn next_action(&self) -> Option<Action> {
        self.vm.as_ref()?.host.0.borrow_mut().actions.pop_front()
    }

    fn load(&self, plugins: &[Plugin], label: &str) -> Result<Running, StartError> {
        let (world, settings) = (self.world.clone(), self.settings.clone());
        let host = VmHost::new(world, settings, self.number, label, self.timeline.clone());
        let guest = (self.factory)(host.clone());
        if let Some(function) = host.0.borrow().restricted {
            return Err(StartError::RestrictedCallback(function));
        }
        host.0.borrow_mut().loading = false;
        let mut vm = Running { host, guest: guest.map_err(StartError::Trapped)?, roots: Vec::new() };
        for plugin in plugins {
            vm.add_root(plugin)?;
        }
        Ok(vm)
    }

    fn reload(&mut self) -> bool {
        let now = self.world.elapsed();
        let backoff = nanos(self.settings.reload_backoff);
        if now.saturating_sub(self.loaded) < backoff {
            self.count("vm_reload_backoff");
            return false;
        }
        self.loaded = now;
        match self.load(&self.plugins, &self.label) {
            Ok(vm) => {
                self.vm = Some(vm);
                self.count("vm_reload_success");
                self.run_actions();
                self.vm.is_some()
            }
            Err(error) => {
                self.world.write_log(LogLevel::Error, error.to_string(), &self.label);
                self.count("vm_reload_failure");
                false
            }
        }
    }

    fn refused(&mut self, error: StartError) -> StartError {
        if let StartError::Trapped(trap) = &error {
            self.die(0, trap);
        }
        error
    }

    /// Counts as Envoy does: `wasm.<plugin>.vm_reload_success`.
    fn count(&self, name: &str) {
        let plugin = self.plugins.first().map(|plugin| plugin.name.as_str()).unwrap_or_default();
        let name = format!("wasm.{plugin}.{name}");
        let metrics = &mut self.world.lock().metrics;
        metrics.define(MetricKind::Counter, &name);
        // Just defined, and 1 is positive: it cannot be refused.
        let _ = metrics.increment(MetricKind::Counter, &name, 1);
    }
}

impl Running {
    /// A new root context, started and configured.
    fn add_root(&mut self, plugin: &Plugin) -> Result<(), StartError> {
        let (root_id, vm_config) = {
            let vm = self.host.0.borrow();
            (vm.settings.root_id.clone(), size(vm.settings.vm_config.len()))
        };
        let root = Root { plugin: plugin.name.clone(), root_id, retired: false, ending: false, tick: None };
        let root = self.host.0.borrow_mut().new_context(Context::Root(root));
        self.roots.push((plugin.name.clone(), root));
        self.host.0.borrow_mut().configuring = Some(plugin.config.clone());
        let logged = self.host.world().logs().len();
        let started = self.start_root(root, vm_config, size(plugin.config.len()));
        self.host.0.borrow_mut().configuring = None;
        match started.map_err(StartError::Trapped)? {
            None => Ok(()),
            Some(callback) => {
                let logs = self.host.world().logs();
                let error = logs.get(logged..).unwrap_or_default().iter().rfind(|line| line.level == LogLevel::Error);
                let error = error.map(|line| line.message.clone()).unwrap_or_default();
                Err(StartError::Refused { plugin: plugin.name.clone(), callback, error })
            }
        }
    }

    /// Runs the callbacks of a start; returns the one that refused.
    fn start_root(&mut self, root: u32, vm_config: u32, config: u32) -> Outcome<Option<&'static str>> {
        self.call(root, "proxy_on_context_create", (), |guest| guest.on_context_create(root, 0))?;
        if !self.call(root, "proxy_on_vm_start", true, |guest| guest.on_vm_start(root, vm_config))? {
            return Ok(Some("on_vm_start"));
        }
        if !self.call(root, "proxy_on_configure", true, |guest| guest.on_configure(root, config))? {
            return Ok(Some("on_configure"));
        }
        Ok(None)
    }

    /// Root contexts that take no new exchanges; they end with their last one.
    fn retire(&self, roots: &[(String, u32)]) {
        let mut vm = self.host.0.borrow_mut();
        for (_, root) in roots {
            if let Some(root) = vm.root_mut(*root) {
                root.retired = true;
            }
        }
    }

    /// The root context of a plugin, else the first.
    pub(crate) fn root_of(&self, plugin: Option<&str>) -> u32 {
        let named = plugin.and_then(|plugin| self.roots.iter().find(|(name, _)| name == plugin));
        named.or(self.roots.first()).map_or(0, |(_, root)| *root)
    }

    fn call<T>(
        &mut self,
        context: u32,
        callback: &str,
        missing: T,
        run: impl FnOnce(&mut dyn Guest) -> Outcome<T>,
    ) -> Outcome<T> {
        {
            let mut vm = self.host.0.borrow_mut();
            (vm.current, vm.effective, vm.stop_next) = (context, 0, false);
        }
        if !self.guest.exports(callback) {
            return Ok(missing);
        }
        let result = run(self.guest.as_mut());
        let mut vm = self.host.0.borrow_mut();
        (vm.current, vm.effective) = (0, 0);
        result
    }
}

/// A length as the ABI passes it.
pub(crate) fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
