//! The service on a port of its own, on threads of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_server::RateLimitServiceServer;
use limitador::AsyncRateLimiter;
use limitador::limit::Limit;
use limitador::storage::redis::AsyncRedisStorage;
use tokio::runtime::{Builder, Runtime};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

use crate::service::{Counts, Limiter, Tally};

/// What may go wrong at the start.
type Error = Box<dyn std::error::Error>;

/// A running service. Ends when dropped, with all its connections.
#[derive(Debug)]
pub struct Limitador {
    address: SocketAddr,
    tally: Arc<Tally>,
    delay: Arc<RwLock<Duration>>,
    runtime: Option<Runtime>,
}

impl Limitador {
    /// Starts with counters in this Redis (`redis://127.0.0.1:port`) and these limits, on a free port.
    ///
    /// # Errors
    /// Redis does not answer.
    pub fn start(redis: &str, limits: Vec<Limit>) -> Result<Self, Error> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), redis, limits)
    }

    /// The same, on this port.
    ///
    /// # Errors
    /// The port is taken, or Redis does not answer.
    pub fn start_at(address: SocketAddr, redis: &str, limits: Vec<Limit>) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let storage = runtime.block_on(AsyncRedisStorage::new(redis))?;
        let engine = Arc::new(AsyncRateLimiter::new_with_storage(Box::new(storage)));
        for limit in limits {
            engine.add_limit(limit);
        }
        let (tally, delay) = (Arc::<Tally>::default(), Arc::<RwLock<Duration>>::default());
        let limiter = Limiter { engine, tally: Arc::clone(&tally), delay: Arc::clone(&delay) };
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let router = Server::builder().add_service(RateLimitServiceServer::new(limiter));
        runtime.spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
        Ok(Self { address, tally, delay, runtime: Some(runtime) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has said so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }

    /// Makes each answer take so much longer from now on.
    pub fn set_delay(&self, delay: Duration) {
        *self.delay.write().unwrap_or_else(PoisonError::into_inner) = delay;
    }
}

impl Drop for Limitador {
    fn drop(&mut self) {
        // Not a graceful end: what it was doing is lost.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
