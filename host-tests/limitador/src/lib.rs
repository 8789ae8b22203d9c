//! Test fixture: the Limitador engine, its counters in Redis, behind Envoy's rate limit service protocol; and a Redis to go with it.

mod redis;
mod server;
mod service;

pub use limitador::limit::Limit;
pub use redis::Redis;
pub use server::Limitador;
pub use service::Counts;
