//! A gRPC stream of the root context, as a client of etcd's watch has one: opened when configured with `watch CLUSTER`, opened again
//! when it ends. What it hears is logged.

use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::types::BufferType;

use crate::{command, say};

const RETRY: Duration = Duration::from_millis(50);

/// Where to watch.
pub(crate) struct Watch {
    cluster: String,
}

impl Watch {
    /// None: the configuration is about something else.
    pub(crate) fn new(configuration: &str) -> Option<Self> {
        Some(Self { cluster: configuration.strip_prefix("watch ")?.to_owned() })
    }

    /// Opens the stream and says hello.
    pub(crate) fn open(&self) -> bool {
        let _stopped = hostcalls::set_tick_period(Duration::ZERO);
        match hostcalls::open_grpc_stream(&self.cluster, "test.Watch", "Watch", vec![]) {
            Ok(token) => hostcalls::send_grpc_stream_message(token, Some(b"hello"), false).is_ok(),
            Err(status) => {
                say(&format!("watch refused={}", status as u32));
                false
            }
        }
    }
}

/// A message came.
pub(crate) fn heard(size: usize) {
    let message = hostcalls::get_buffer(BufferType::GrpcReceiveBuffer, 0, size).ok().flatten();
    say(&format!("watched={}", command::show(&message.unwrap_or_default())));
}

/// The stream ended: tries again a little later.
pub(crate) fn closed(status: u32) {
    say(&format!("watch closed={status}"));
    let _set = hostcalls::set_tick_period(RETRY);
}
