//! What a policy may use beside the exchange itself: clock, callouts, shared state, metrics, log.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use crate::callout::{GrpcCall, HttpCall};
use crate::config::Upstream;
use crate::fault::{Cause, Fault};
use crate::host::{Host, LogLevel};
use crate::root::{Owner, Root};
use crate::time::Timestamp;
use crate::timer::Sleep;

/// The proxy's services, on behalf of one exchange or one background task. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    root: Rc<Root>,
    owner: Owner,
}

/// Waited for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("waited for too long")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for Fault {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(Cause::Other, elapsed.to_string())
    }
}

impl Services {
    pub(crate) fn new(root: Rc<Root>, owner: Owner) -> Self {
        Self { root, owner }
    }

    pub(crate) fn root(&self) -> &Rc<Root> {
        &self.root
    }

    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    /// The host, for code that needs a function of the ABI itself, such as a shared table or a foreign function.
    #[must_use]
    pub fn host(&self) -> Rc<dyn Host> {
        Rc::clone(&self.root.shared.host)
    }

    /// The time on the proxy's clock, when the callback that is being handled first asked for it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.root.now()
    }

    /// Waits this long. The proxy's timer counts in whole milliseconds.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(&self.root, self.owner, duration)
    }

    /// Waits for `future`, but not longer than this.
    ///
    /// # Errors
    /// [`Elapsed`] when the time is over; the future is then dropped, and with it any callout it waited for.
    pub async fn timeout<F: Future>(&self, duration: Duration, future: F) -> Result<F::Output, Elapsed> {
        let sleep = self.sleep(duration);
        let mut future = pin!(future);
        std::future::poll_fn(|task| match future.as_mut().poll(task) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if sleep.is_over() => Poll::Ready(Err(Elapsed)),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Waits until `ready` gives something. It is asked again whenever something happens to this exchange or task: a timer, an
    /// answer, a [`Signal`](crate::Signal); for a task also a message in a queue of its worker, as a
    /// [`Broadcast`](crate::store::Broadcast) sends it.
    pub async fn until<T>(&self, mut ready: impl FnMut() -> Option<T>) -> T {
        std::future::poll_fn(|_| ready().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// Starts to put together an HTTP call to an upstream, which must be answered within `timeout`.
    pub fn http(&self, upstream: &Upstream, timeout: Duration) -> HttpCall {
        HttpCall::new(self, upstream, timeout)
    }

    /// Starts to put together a gRPC call of `service`'s `method`, such as `etcdserverpb.Watch` and `Watch`.
    pub fn grpc(&self, upstream: &Upstream, service: &str, method: &str) -> GrpcCall {
        GrpcCall::new(self, upstream, service, method)
    }

    /// Writes a log line if `level` is on; the text is made only then. Never log a credential.
    pub fn log(&self, level: LogLevel, message: impl FnOnce() -> String) {
        if self.root.shared.logs(level) {
            self.root.host().log(level, &message());
        }
    }
}

/// What a policy's [`handle`](crate::Policy::handle) gets is [`Context`](crate::Context); tasks get this.
impl Deref for crate::context::Context {
    type Target = Services;

    fn deref(&self) -> &Services {
        self.services()
    }
}
