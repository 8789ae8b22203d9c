//! The state of one VM, on the proxy's side.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use gatewright_core::host::{Direction, HostResult, MetricKind, Status};

use super::builder::Settings;
use super::exchange::Exchange;
use super::timeline::Timeline;
use super::world::World;
use crate::message::Fields;

/// What a guest calls: the host functions of one VM. Clones are the same VM.
#[derive(Clone)]
pub struct VmHost(pub(crate) Rc<RefCell<Vm>>);

/// A context in the VM.
pub(crate) enum Context {
    Root(Root),
    Exchange { root: u32, exchange: Exchange },
}

/// A root context: one plugin configuration.
pub(crate) struct Root {
    pub(crate) plugin: String,
    pub(crate) root_id: String,
    /// Replaced by a newer configuration: it ends with its last exchange.
    pub(crate) retired: bool,
    /// Has been told that it ends.
    pub(crate) ending: bool,
    /// Period and next moment of its timer, in nanoseconds.
    pub(crate) tick: Option<(u64, u64)>,
}

/// What a guest asked for during a callback, done when the callback has returned.
pub(crate) enum Action {
    Continue { context: u32, direction: Direction },
    Reply { context: u32, reply: LocalReply },
    Close { context: u32 },
    Done { context: u32 },
}

/// A response made by the guest or the proxy.
#[derive(Clone, Debug)]
pub(crate) struct LocalReply {
    pub(crate) status: u32,
    pub(crate) details: String,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: Fields,
    pub(crate) grpc_status: i32,
}

/// What a callout's callback may read.
#[derive(Default)]
pub(crate) struct Delivery {
    pub(crate) headers: Option<Fields>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) trailers: Option<Fields>,
    pub(crate) grpc_initial: Option<Fields>,
    pub(crate) grpc_message: Option<Vec<u8>>,
    pub(crate) grpc_trailing: Option<Fields>,
}

/// A gRPC stream that a guest opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcStream {
    /// Worker whose guest opened it.
    pub worker: usize,
    /// Its token.
    pub token: u32,
    /// Upstream that it goes to.
    pub upstream: String,
    /// Full name of the service.
    pub service: String,
    /// Name of the method.
    pub method: String,
    /// Metadata that the guest added.
    pub metadata: Fields,
    /// Messages that the guest sent, oldest first.
    pub sent: Vec<Vec<u8>>,
    /// Whether the guest has ended its side.
    pub half_closed: bool,
    pub(crate) remote_closed: bool,
    pub(crate) root: u32,
}

/// State behind a [`VmHost`].
pub(crate) struct Vm {
    pub(crate) world: World,
    pub(crate) settings: Rc<Settings>,
    pub(crate) number: u64,
    pub(crate) worker: usize,
    pub(crate) label: String,
    pub(crate) contexts: BTreeMap<u32, Context>,
    last_context: u32,
    pub(crate) current: u32,
    pub(crate) effective: u32,
    pub(crate) actions: VecDeque<Action>,
    pub(crate) stop_next: bool,
    pub(crate) loading: bool,
    /// The host function that was called while loading, where hardly any is allowed.
    pub(crate) restricted: Option<&'static str>,
    /// The plugin configuration, readable while the plugin starts.
    pub(crate) configuring: Option<Vec<u8>>,
    pub(crate) metrics: Vec<(MetricKind, String)>,
    pub(crate) last_http_token: u32,
    pub(crate) last_grpc_call: u32,
    pub(crate) last_grpc_stream: u32,
    /// Unary gRPC calls under way.
    pub(crate) grpc_calls: Vec<u32>,
    pub(crate) grpc_streams: BTreeMap<u32, GrpcStream>,
    pub(crate) delivery: Delivery,
    pub(crate) status: (u32, Vec<u8>),
    pub(crate) timeline: Timeline,
}

impl VmHost {
    pub(crate) fn new(world: World, settings: Rc<Settings>, worker: usize, label: &str, timeline: Timeline) -> Self {
        let number = world.new_vm();
        Self(Rc::new(RefCell::new(Vm {
            world,
            settings,
            number,
            worker,
            label: label.to_owned(),
            contexts: BTreeMap::new(),
            last_context: 0,
            current: 0,
            effective: 0,
            actions: VecDeque::new(),
            stop_next: false,
            loading: true,
            restricted: None,
            configuring: None,
            metrics: Vec::new(),
            last_http_token: 0,
            last_grpc_call: 0,
            last_grpc_stream: 0,
            grpc_calls: Vec::new(),
            grpc_streams: BTreeMap::new(),
            delivery: Delivery::default(),
            status: (0, Vec::new()),
            timeline,
        })))
    }

    /// The end of a context that deferred it: `on_done` had returned `false` (`proxy_done`).
    pub fn done(&self) -> HostResult<()> {
        self.call("proxy_done", 0, |vm| {
            let context = vm.context_in_effect();
            vm.actions.push_back(Action::Done { context });
            Ok(())
        })
    }

    /// Number of the worker that this VM serves.
    #[must_use]
    pub fn worker(&self) -> usize {
        self.0.borrow().worker
    }

    /// The world that this VM shares with the others.
    #[must_use]
    pub fn world(&self) -> World {
        self.0.borrow().world.clone()
    }
}

impl Context {
    /// Whether this is an exchange of that root context.
    pub(crate) fn belongs_to(&self, root: u32) -> bool {
        matches!(self, Self::Exchange { root: mine, .. } if *mine == root)
    }
}

impl Vm {
    pub(crate) fn new_context(&mut self, context: Context) -> u32 {
        self.last_context += 1;
        self.contexts.insert(self.last_context, context);
        self.last_context
    }

    pub(crate) fn context_in_effect(&self) -> u32 {
        if self.contexts.contains_key(&self.effective) { self.effective } else { self.current }
    }

    /// The exchange in effect; `None` on a root context.
    pub(crate) fn exchange(&self) -> Option<Exchange> {
        self.exchange_of(self.context_in_effect())
    }

    pub(crate) fn exchange_of(&self, context: u32) -> Option<Exchange> {
        match self.contexts.get(&context)? {
            Context::Exchange { exchange, .. } => Some(exchange.clone()),
            Context::Root(_) => None,
        }
    }

    /// Number of the root context in effect. Callouts belong to it.
    pub(crate) fn root_in_effect(&self) -> HostResult<u32> {
        let context = self.context_in_effect();
        match self.contexts.get(&context).ok_or(Status::BadArgument)? {
            Context::Exchange { root, .. } => Ok(*root),
            Context::Root(_) => Ok(context),
        }
    }

    pub(crate) fn root_mut(&mut self, root: u32) -> Option<&mut Root> {
        match self.contexts.get_mut(&root)? {
            Context::Root(root) => Some(root),
            Context::Exchange { .. } => None,
        }
    }

    pub(crate) fn roots(&self) -> impl Iterator<Item = (u32, &Root)> {
        self.contexts.iter().filter_map(|(number, context)| match context {
            Context::Root(root) => Some((*number, root)),
            Context::Exchange { .. } => None,
        })
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        self.world.lock().queues.vm_ended(self.number);
    }
}
