//! A proxy worker's side of the exchange model: every callback of the host comes in here.

mod wake;

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use self::wake::MAX_WAKES;
use crate::chain::Chain;
use crate::config::{self, ConfigError};
use crate::host::{Action, BufferKind, Direction, Host, LogLevel};
use crate::ids::IdMap;
use crate::pairs;
use crate::root::{Module, Root, Shared};
use crate::running::{Rest, Running};
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
    state: State,
    /// Dropped when the proxy deletes the context.
    kept: Vec<Box<dyn Any>>,
}

/// How far an exchange is in this module.
enum State {
    /// It is at work, or there is none yet.
    Running(Option<Rc<Running>>),
    /// It is over, and this is what to tell the proxy about the rest of it.
    Over(Rest),
}

impl Worker {
    /// A worker of this module on this host.
    #[must_use]
    pub fn new(host: Rc<dyn Host>, module: Module) -> Self {
        Self { shared: Rc::new(Shared::new(host)), module, roots: RefCell::default(), exchanges: RefCell::default() }
    }

    /// `proxy_on_context_create`
    pub fn on_context_create(&self, context: u32, parent: u32) {
        if parent == 0 {
            let root = Root::new(context, Rc::clone(&self.shared), self.module);
            self.roots.borrow_mut().insert(context, Rc::new(root));
        } else {
            self.exchanges
                .borrow_mut()
                .insert(context, Entry { root: parent, state: State::Running(None), kept: Vec::new() });
        }
    }

    /// `proxy_on_configure`: `false` refuses the configuration. An earlier one then goes on serving, its tasks too.
    pub fn on_configure(&self, root: u32, size: u32) -> bool {
        self.shared.begin(root);
        let Some(root) = self.root(root) else { return false };
        let setup = Setup::new(Rc::clone(&root));
        match self.build(&setup, size) {
            Ok(chain) => {
                root.configure(chain, setup.into_tasks());
                self.run_tasks(&root);
                self.run_woken(root.id);
                true
            }
            Err(error) => {
                let name = self.module.name;
                self.shared.host.log(LogLevel::Error, &format!("gatewright: {name}: configuration refused: {error}"));
                false
            }
        }
    }

    /// `proxy_on_tick`
    pub fn on_tick(&self, root: u32) {
        self.shared.begin(root);
        let Some(root) = self.root(root) else { return };
        let due = root.timers.borrow_mut().take_due(root.host(), MAX_WAKES);
        for owner in due {
            self.wake(owner);
        }
        self.run_woken(root.id);
        if self.shared.enter(root.id) {
            root.timers.borrow_mut().arm_again(root.host());
        }
    }

    /// `proxy_on_queue_ready`: tasks look for themselves what came.
    pub fn on_queue_ready(&self, root: u32, _queue: u32) {
        self.shared.begin(root);
        let Some(root) = self.root(root) else { return };
        self.run_tasks(&root);
        self.run_woken(root.id);
    }

    /// `proxy_on_request_headers`
    pub fn on_request_headers(&self, context: u32, count: u32, end_of_stream: bool) -> Action {
        self.shared.begin(context);
        let root = self.exchanges.borrow().get(&context).and_then(|entry| self.root(entry.root));
        let Some(root) = root else { return self.refuse_stranger() };
        let running = Rc::new(Running::start(context, root, count, end_of_stream));
        if let Some(entry) = self.exchanges.borrow_mut().get_mut(&context) {
            entry.state = State::Running(Some(Rc::clone(&running)));
        }
        let action = running.on_request_headers();
        self.leave(context, running);
        action
    }

    /// `proxy_on_request_body`
    pub fn on_request_body(&self, context: u32, size: u32, end_of_stream: bool) -> Action {
        self.on_stream(context, Direction::Request, |running| running.on_body(Direction::Request, size, end_of_stream))
    }

    /// `proxy_on_request_trailers`
    pub fn on_request_trailers(&self, context: u32, count: u32) -> Action {
        self.on_stream(context, Direction::Request, |running| running.on_trailers(Direction::Request, count))
    }

    /// `proxy_on_response_headers`
    pub fn on_response_headers(&self, context: u32, count: u32, end_of_stream: bool) -> Action {
        self.on_stream(context, Direction::Response, |running| running.on_response_headers(count, end_of_stream))
    }

    /// `proxy_on_response_body`
    pub fn on_response_body(&self, context: u32, size: u32, end_of_stream: bool) -> Action {
        self.on_stream(context, Direction::Response, |running| {
            running.on_body(Direction::Response, size, end_of_stream)
        })
    }

    /// `proxy_on_response_trailers`
    pub fn on_response_trailers(&self, context: u32, count: u32) -> Action {
        self.on_stream(context, Direction::Response, |running| running.on_trailers(Direction::Response, count))
    }

    /// `proxy_on_http_call_response`. A token that nobody waits for is nothing to worry about.
    pub fn on_http_call_response(&self, context: u32, token: u32, headers: u32, body_size: u32, trailers: u32) {
        self.shared.begin(context);
        let owner = self.shared.on_http_answer(token, headers, body_size, trailers);
        self.deliver(context, owner);
    }

    /// `proxy_on_grpc_receive`
    pub fn on_grpc_receive(&self, context: u32, token: u32, size: u32) {
        self.shared.begin(context);
        let owner = self.shared.on_grpc_message(token, size);
        self.deliver(context, owner);
    }

    /// `proxy_on_grpc_close`
    pub fn on_grpc_close(&self, context: u32, token: u32, status: u32) {
        self.shared.begin(context);
        let owner = self.shared.on_grpc_close(token, status);
        self.deliver(context, owner);
    }

    /// `proxy_on_done`: nothing here needs to outlive its context.
    pub fn on_done(&self, _context: u32) -> bool {
        true
    }

    /// `proxy_on_delete`: whatever an exchange still waited for is dropped.
    pub fn on_delete(&self, context: u32) {
        self.shared.begin(context);
        let entry = self.exchanges.borrow_mut().remove(&context);
        if let Some(Entry { state, kept, .. }) = entry {
            if let State::Running(Some(running)) = state {
                running.clear();
            }
            drop(kept);
        }
        let root = self.roots.borrow_mut().remove(&context);
        if let Some(root) = root {
            root.clear();
        }
        self.run_woken(context);
    }

    fn build(&self, setup: &Setup, size: u32) -> Result<Chain, ConfigError> {
        let host = &self.shared.host;
        let bytes = match size {
            0 => Vec::new(),
            size => host
                .buffer(BufferKind::PluginConfiguration, 0, size as usize)
                .map_err(|status| ConfigError::new(format!("the host gave no configuration: {status}")))?,
        };
        (self.module.build)(self.module.name, config::source::decode(&bytes)?, setup)
    }

    /// Answers for an exchange that belongs to no plugin: nobody decides, so it must not pass.
    fn refuse_stranger(&self) -> Action {
        let host = &self.shared.host;
        host.log(LogLevel::Error, &format!("gatewright: {}: an exchange without a plugin", self.module.name));
        if host.send_local_response(503, b"gatewright.no_plugin", b"", &pairs::encode([]), -1).is_err() {
            // Held for ever is better than passed.
            let _ = host.close_stream(Direction::Request);
        }
        Action::PauseAll
    }

    fn root(&self, id: u32) -> Option<Rc<Root>> {
        self.roots.borrow().get(&id).cloned()
    }

    fn running(&self, context: u32) -> Option<Rc<Running>> {
        match &self.exchanges.borrow().get(&context)?.state {
            State::Running(running) => running.clone(),
            State::Over(_) => None,
        }
    }

    fn on_stream(&self, context: u32, direction: Direction, event: impl FnOnce(&Running) -> Action) -> Action {
        let running = match self.exchanges.borrow().get(&context).map(|entry| &entry.state) {
            Some(State::Running(Some(running))) => Rc::clone(running),
            Some(State::Over(rest)) => return rest.action(direction),
            Some(State::Running(None)) | None => return Action::Continue,
        };
        self.shared.begin(context);
        let action = event(&running);
        self.leave(context, running);
        action
    }
}
