//! Drives a real Envoy: writes its configuration, starts it on loopback ports, and reads what it says about itself.

mod admin;
mod builder;
mod deployment;
mod files;
mod filter;
mod find;
mod listener;
mod log;
mod process;
mod route;
mod running;
mod tls;
mod usage;

pub use builder::EnvoyBuilder;
pub use deployment::{Deployment, EnvoyDeployment};
pub use filter::{Configuration, FailurePolicy, HttpFilter, WasmFilter};
pub use find::find;
pub use listener::Listener;
pub use log::LogLine;
pub use route::Route;
pub use running::{Envoy, Update};
pub use tls::Tls;

/// The URL that names a message in Envoy's configuration.
fn type_url(message: &str) -> String {
    format!("type.googleapis.com/{message}")
}
