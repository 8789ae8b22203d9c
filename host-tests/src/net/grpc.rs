//! A gRPC service whose answers a closure decides, over HTTP/2 without TLS.

mod stream;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// What a service says on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A message.
    Message(Vec<u8>),
    /// The end: a gRPC status and its message.
    Status(u32, String),
}

/// A message that a service was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// `:authority`.
    pub authority: String,
    /// `/package.Service/Method`.
    pub path: String,
    /// The message's bytes.
    pub message: Vec<u8>,
}

/// A running service. Ends, with all its connections, when dropped.
pub struct GrpcUpstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl GrpcUpstream {
    /// Starts one on a free loopback port. The closure says what follows each message; a stream without a status stays open.
    ///
    /// # Errors
    /// No port is free.
    pub fn start(handler: impl Fn(&Heard) -> Vec<Said> + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), handler)
    }

    /// Starts one where another was, say.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start_at(
        address: SocketAddr,
        handler: impl Fn(&Heard) -> Vec<Said> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        // tokio's bind sets SO_REUSEADDR, std's does not: a service can come back on its port at once.
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { handler: Box::new(handler), state: Mutex::default() });
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || runtime.block_on(serve(listener, shared, stopped))
        });
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The messages that came, in order.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.lock().heard.clone()
    }

    /// Says something on every open stream and returns how many those are.
    pub fn broadcast(&self, said: &Said) -> usize {
        let mut state = self.shared.lock();
        state.streams.retain(|stream| stream.send(said.clone()).is_ok());
        state.streams.len()
    }
}

impl fmt::Debug for GrpcUpstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcUpstream").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for GrpcUpstream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

type Handler = Box<dyn Fn(&Heard) -> Vec<Said> + Send + Sync>;

struct Shared {
    handler: Handler,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    heard: Vec<Heard>,
    streams: Vec<UnboundedSender<Said>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends when the sender of `stopped` is dropped; with it end the connections, which are tasks of this one.
async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            Ok((socket, _)) = listener.accept() => {
                connections.spawn(stream::connection(socket, Arc::clone(&shared)));
            }
        }
    }
}
