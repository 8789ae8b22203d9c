//! An upstream whose answers, and failures, a closure decides. It remembers every request in order.

mod connection;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use gatewright_testing::message::{Request, Response};
use rustls::ServerConfig;

use super::Refusing;

const MAX_CONNECTIONS: usize = 1_000;

/// What an upstream does with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Responds.
    Respond(Response),
    /// Waits first.
    After(Duration, Box<Answer>),
    /// Resets the connection (RST) without a response.
    Reset,
    /// Never answers.
    Hang,
    /// Announces the whole body, sends half of it and closes.
    Truncated(Response),
    /// Sends these bytes as they are and closes.
    Raw(Vec<u8>),
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self::Respond(response)
    }
}

/// A running upstream. Ends, with all its connections, when dropped.
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Starts one on a free loopback port.
    ///
    /// # Errors
    /// No port is free.
    pub fn start<A: Into<Answer>>(handler: impl Fn(&Request) -> A + Send + Sync + 'static) -> io::Result<Self> {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, None, handler)
    }

    /// Starts one that speaks TLS, on a free loopback port.
    ///
    /// # Errors
    /// No port is free.
    pub fn start_tls<A: Into<Answer>>(
        tls: Arc<ServerConfig>,
        handler: impl Fn(&Request) -> A + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, Some(tls), handler)
    }

    /// Starts one where nobody has listened so far, so that it can end and another one come back there.
    ///
    /// # Errors
    /// Somebody listens there.
    pub fn start_at<A: Into<Answer>>(
        place: &Refusing,
        handler: impl Fn(&Request) -> A + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::on(place.listen()?, None, handler)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests that came whole, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.lock().accepted
    }

    fn on<A: Into<Answer>>(
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        handler: impl Fn(&Request) -> A + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let handler = Box::new(move |request: &Request| handler(request).into());
        let shared = Arc::new(Shared { handler, tls, state: Mutex::default(), stopped: Condvar::new() });
        let acceptor = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Ok(Self { address, shared, acceptor: Some(acceptor) })
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.shared.stop();
        // Wakes the acceptor.
        let _refused = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(acceptor) = self.acceptor.take() {
            let _panicked = acceptor.join();
        }
    }
}

struct Shared {
    handler: Box<dyn Fn(&Request) -> Answer + Send + Sync>,
    tls: Option<Arc<ServerConfig>>,
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Default)]
struct State {
    requests: Vec<Request>,
    streams: Vec<(usize, TcpStream)>,
    accepted: usize,
    stop: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        let mut state = self.lock();
        state.stop = true;
        for (_, stream) in state.streams.drain(..) {
            let _gone = stream.shutdown(Shutdown::Both);
        }
        self.stopped.notify_all();
    }

    /// Waits, unless the upstream ends first.
    fn pause(&self, duration: Duration) {
        let waited = self.stopped.wait_timeout_while(self.lock(), duration, |state| !state.stop);
        drop(waited);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    for stream in listener.incoming().take(MAX_CONNECTIONS).flatten() {
        let mut state = shared.lock();
        if state.stop {
            break;
        }
        state.accepted += 1;
        let Ok(handle) = stream.try_clone() else { continue };
        let id = state.accepted;
        state.streams.push((id, handle));
        drop(state);
        let shared = Arc::clone(shared);
        threads.push(std::thread::spawn(move || connection::serve(id, stream, &shared)));
    }
    for thread in threads {
        let _panicked = thread.join();
    }
}
