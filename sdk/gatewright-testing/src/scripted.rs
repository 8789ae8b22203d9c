//! A guest made of closures, for tests of the proxy and of what guests may rely on.

use crate::guest::{Guest, Outcome};

/// A guest that exports just the callbacks it is given closures for.
#[derive(Default)]
#[must_use]
pub struct Scripted(Callbacks);

impl Scripted {
    /// A guest that exports nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The guest as a factory returns it.
    #[must_use]
    pub fn boxed(self) -> Box<dyn Guest> {
        Box::new(self)
    }
}

macro_rules! callbacks {
    ($($name:ident, $abi:literal, ($($arg:ident: $type:ty),*) -> $result:ty, $missing:expr;)*) => {
        #[derive(Default)]
        struct Callbacks {
            $($name: Option<Box<dyn FnMut($($type),*) -> Outcome<$result>>>,)*
        }

        impl Scripted {
            $(
                #[doc = concat!("Exports `", $abi, "`. The arguments are those of [`Guest::", stringify!($name), "`].")]
                pub fn $name(mut self, callback: impl FnMut($($type),*) -> Outcome<$result> + 'static) -> Self {
                    self.0.$name = Some(Box::new(callback));
                    self
                }
            )*
        }

        impl Guest for Scripted {
            $(
                fn $name(&mut self, $($arg: $type),*) -> Outcome<$result> {
                    match &mut self.0.$name {
                        Some(callback) => callback($($arg),*),
                        None => Ok($missing),
                    }
                }
            )*

            fn exports(&self, callback: &str) -> bool {
                match callback {
                    $($abi => self.0.$name.is_some(),)*
                    _ => false,
                }
            }
        }
    };
}

callbacks! {
    on_context_create, "proxy_on_context_create", (context: u32, parent: u32) -> (), ();
    on_vm_start, "proxy_on_vm_start", (root: u32, configuration_size: u32) -> bool, true;
    on_configure, "proxy_on_configure", (root: u32, configuration_size: u32) -> bool, true;
    on_tick, "proxy_on_tick", (root: u32) -> (), ();
    on_queue_ready, "proxy_on_queue_ready", (root: u32, queue: u32) -> (), ();
    on_request_headers, "proxy_on_request_headers", (context: u32, count: u32, end: bool) -> u32, 0;
    on_request_body, "proxy_on_request_body", (context: u32, size: u32, end: bool) -> u32, 0;
    on_request_trailers, "proxy_on_request_trailers", (context: u32, count: u32) -> u32, 0;
    on_response_headers, "proxy_on_response_headers", (context: u32, count: u32, end: bool) -> u32, 0;
    on_response_body, "proxy_on_response_body", (context: u32, size: u32, end: bool) -> u32, 0;
    on_response_trailers, "proxy_on_response_trailers", (context: u32, count: u32) -> u32, 0;
    on_http_call_response, "proxy_on_http_call_response",
        (context: u32, token: u32, headers: u32, body: u32, trailers: u32) -> (), ();
    on_grpc_receive_initial_metadata, "proxy_on_grpc_receive_initial_metadata",
        (context: u32, token: u32, count: u32) -> (), ();
    on_grpc_receive, "proxy_on_grpc_receive", (context: u32, token: u32, size: u32) -> (), ();
    on_grpc_receive_trailing_metadata, "proxy_on_grpc_receive_trailing_metadata",
        (context: u32, token: u32, count: u32) -> (), ();
    on_grpc_close, "proxy_on_grpc_close", (context: u32, token: u32, status: u32) -> (), ();
    on_foreign_function, "proxy_on_foreign_function", (context: u32, function: u32, size: u32) -> (), ();
    on_done, "proxy_on_done", (context: u32) -> bool, true;
    on_log, "proxy_on_log", (context: u32) -> (), ();
    on_delete, "proxy_on_delete", (context: u32) -> (), ();
}
