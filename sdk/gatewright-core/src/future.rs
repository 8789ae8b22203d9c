//! Several waits at once.
//!
//! A policy may await what this crate gives: callouts, timers, bodies, signals; and anything made of those, as here. Other futures, such
//! as a channel's, are never woken: no executor runs in a proxy's VM, only the host's callbacks.
//!
//! - [`join`] waits for both of two futures, [`try_join`] too, unless one fails first.
//! - [`race`] waits for the first and drops the other. A callout that is dropped is cancelled.
//!
//! ```
//! # use gatewright_core::{Context, Fault, Flow, Request, callout::CalloutError, config::Upstream, future};
//! # use std::time::Duration;
//! # async fn handle(request: Request, cx: &Context, users: Upstream, quota: Upstream) -> Result<Flow, Fault> {
//! let timeout = Duration::from_millis(200);
//! let (user, quota) = future::try_join(cx.http(&users, timeout).send(), cx.http(&quota, timeout).send()).await?;
//! # let _ = (user, quota);
//! # Ok(request.forward().into())
//! # }
//! ```

pub use futures_lite::future::{or as race, try_zip as try_join, zip as join};
