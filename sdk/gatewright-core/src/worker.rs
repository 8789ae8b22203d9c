//! A proxy worker's side of the exchange model: every callback of the host comes in here.

use std::cell::RefCell;
use std::rc::Rc;

use crate::config;
use crate::host::{Action, BufferKind, Direction, Host, LogLevel, Status};
use crate::ids::IdMap;
use crate::root::{Module, Owner, Root, Shared};
use crate::running::Running;
use crate::setup::Setup;

/// All plugins and exchanges of one VM. One method per callback of the proxy-wasm ABI; none of them panics, whatever the host says.
pub struct Worker {
    shared: Rc<Shared>,
    module: Module,
    roots: RefCell<IdMap<Rc<Root>>>,
    /// Exchanges by context: which plugin they belong to, and what runs.
    exchanges: RefCell<IdMap<Entry>>,
}

struct Entry {
    root: u32,
    running: Option<Rc<Running>>,
}

impl Worker {
    /// A worker of this module on this host.
    #[must_use]
    pub fn new(host: Rc<dyn Host>, module: Module) -> Self {
        Self {
            shared: Rc::new(Shared::new(host)),
            module,
            roots: RefCell::default(),
            exchanges: RefCell::default(),
        }
    }

    /// `proxy_on_context_create`
    pub fn on_context_create(&self, context: u32, parent: u32) {
        if parent == 0 {
            let root = Root::new(context, Rc::clone(&self.shared), self.module);
            self.roots.borrow_mut().insert(context, Rc::new(root));
        } else {
            self.exchanges.borrow_mut().insert(context, Entry { root: parent, running: None });
        }
    }

    /// `proxy_on_configure`: `false` refuses the configuration.
    pub fn on_configure(&self, root: u32, size: u32) -> bool {
        self.shared.current.set(root);
        let Some(root) = self.root(root) else { return false };
        let bytes = match size {
            0 => Ok(Vec::new()),
            size => self.shared.host.buffer(BufferKind::PluginConfiguration, 0, size as usize),
        };
        let chain = bytes
            .map_err(|status: Status| config::ConfigError::new(format!("the host gave no configuration: {status}")))
            .and_then(|bytes| config::source::decode(&bytes))
            .and_then(|value| (self.module.build)(self.module.name, value, &Setup::new(Rc::clone(&root))));
        match chain {
            Ok(chain) => {
                root.chain.replace(Some(Rc::new(chain)));
                self.run_tasks(&root);
                self.run_woken();
                true
            }
            Err(error) => {
                root.tasks.borrow_mut().clear();
                self.shared.host.log(
                    LogLevel::Error,
                    &format!("gatewright: {}: configuration refused: {error}", self.module.name),
                );
                false
            }
        }
    }

    /// `proxy_on_tick`
    pub fn on_tick(&self, root: u32) {
        self.shared.current.set(root);
        let Some(root) = self.root(root) else { return };
        let due = root.timers.borrow_mut().take_due(root.now());
        for owner in due {
            self.wake(owner);
        }
        self.run_woken();
        self.shared.enter(root.id);
        root.timers.borrow_mut().arm_again(root.host(), root.now());
    }

    /// `proxy_on_queue_ready`: tasks look for themselves what came.
    pub fn on_queue_ready(&self, root: u32, _queue: u32) {
        self.shared.current.set(root);
        if let Some(root) = self.root(root) {
            self.run_tasks(&root);
        }
        self.run_woken();
        self.shared.enter(root);
    }

    /// `proxy_on_request_headers`
    pub fn on_request_headers(&self, context: u32, count: u32, end_of_stream: bool) -> Action {
        self.shared.current.set(context);
        let mut exchanges = self.exchanges.borrow_mut();
        let Some(entry) = exchanges.get_mut(&context) else { return Action::Continue };
        let root = self.roots.borrow().get(&entry.root).cloned();
        let Some(root) = root else { return Action::Continue };
        let running = Rc::new(Running::start(context, root, count, end_of_stream));
        entry.running = Some(Rc::clone(&running));
        drop(exchanges);
        let action = running.on_request_headers();
        self.leave(context, &running);
        action
    }

    /// `proxy_on_request_body`
    pub fn on_request_body(&self, context: u32, size: u32, end_of_stream: bool) -> Action {
        self.on_stream(context, |running| running.on_body(Direction::Request, size, end_of_stream))
    }

    /// `proxy_on_request_trailers`
    pub fn on_request_trailers(&self, context: u32, count: u32) -> Action {
        self.on_stream(context, |running| running.on_trailers(Direction::Request, count))
    }

    /// `proxy_on_response_headers`
    pub fn on_response_headers(&self, context: u32, count: u32, end_of_stream: bool) -> Action {
        self.on_stream(context, |running| running.on_response_headers(count, end_of_stream))
    }

    /// `proxy_on_response_body`
    pub fn on_response_body(&self, context: u32, size: u32, end_of_stream: bool) -> Action {
        self.on_stream(context, |running| running.on_body(Direction::Response, size, end_of_stream))
    }

    /// `proxy_on_response_trailers`
    pub fn on_response_trailers(&self, context: u32, count: u32) -> Action {
        self.on_stream(context, |running| running.on_trailers(Direction::Response, count))
    }

    /// `proxy_on_http_call_response`. A token that nobody waits for is nothing to worry about.
    pub fn on_http_call_response(&self, context: u32, token: u32, headers: u32, body_size: u32, trailers: u32) {
        self.shared.current.set(context);
        let owner = self.shared.on_http_answer(token, headers, body_size, trailers);
        self.deliver(context, owner);
    }

    /// `proxy_on_grpc_receive`
    pub fn on_grpc_receive(&self, context: u32, token: u32, size: u32) {
        self.shared.current.set(context);
        let owner = self.shared.on_grpc_message(token, size);
        self.deliver(context, owner);
    }

    /// `proxy_on_grpc_close`
    pub fn on_grpc_close(&self, context: u32, token: u32, status: u32) {
        self.shared.current.set(context);
        let owner = self.shared.on_grpc_close(token, status);
        self.deliver(context, owner);
    }

    /// `proxy_on_done`: nothing here needs to outlive its context.
    pub fn on_done(&self, _context: u32) -> bool {
        true
    }

    /// `proxy_on_delete`: whatever an exchange still waited for is dropped.
    pub fn on_delete(&self, context: u32) {
        self.shared.current.set(context);
        let entry = self.exchanges.borrow_mut().remove(&context);
        drop(entry);
        let root = self.roots.borrow_mut().remove(&context);
        if let Some(root) = root {
            root.clear();
        }
    }

    fn root(&self, id: u32) -> Option<Rc<Root>> {
        self.roots.borrow().get(&id).cloned()
    }

    fn running(&self, context: u32) -> Option<Rc<Running>> {
        self.exchanges.borrow().get(&context)?.running.clone()
    }

    fn on_stream(&self, context: u32, event: impl FnOnce(&Running) -> Action) -> Action {
        let Some(running) = self.running(context) else { return Action::Continue };
        self.shared.current.set(context);
        let action = event(&running);
        self.leave(context, &running);
        action
    }

    /// Forgets what is over, and runs those whom this callback woke.
    fn leave(&self, context: u32, running: &Running) {
        if running.is_over() {
            if let Some(entry) = self.exchanges.borrow_mut().get_mut(&context) {
                entry.running = None;
            }
        }
        if !self.shared.woken.borrow().is_empty() {
            self.run_woken();
            self.shared.enter(context);
        }
    }

    fn deliver(&self, context: u32, owner: Option<Owner>) {
        if let Some(owner) = owner {
            self.wake(owner);
            self.run_woken();
            self.shared.enter(context);
        }
    }

    /// Runs those whom others woke. Each round may wake more; a ring of them must not hold the worker.
    fn run_woken(&self) {
        for _ in 0..MAX_WAKE_ROUNDS {
            let woken = std::mem::take(&mut *self.shared.woken.borrow_mut());
            if woken.is_empty() {
                return;
            }
            for owner in woken {
                self.wake(owner);
            }
        }
    }

    fn wake(&self, owner: Owner) {
        match owner {
            Owner::Exchange(context) => {
                let Some(running) = self.running(context) else { return };
                self.shared.enter(context);
                running.on_event();
                if running.is_over() {
                    if let Some(entry) = self.exchanges.borrow_mut().get_mut(&context) {
                        entry.running = None;
                    }
                }
            }
            Owner::Task(root, task) => {
                let Some(root) = self.root(root) else { return };
                self.shared.enter(root.id);
                root.run_task(task);
            }
        }
    }

    fn run_tasks(&self, root: &Root) {
        let count = root.tasks.borrow().len();
        for task in 0..count {
            self.shared.enter(root.id);
            root.run_task(task);
        }
    }
}

const MAX_WAKE_ROUNDS: usize = 16;
