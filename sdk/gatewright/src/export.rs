//! Macros that make a crate a loadable module.

/// Makes a policy the content of this crate's wasm module.
///
/// After the policy come the phases that it needs beyond request headers, the same as in its [`Policy::PHASES`](crate::Policy::PHASES):
/// `request_body`, `response_headers`, `response_body`. Each callback that a module exports costs every request, so only these are.
///
/// ```
/// # use gatewright::prelude::*;
/// # #[derive(Deserialize, JsonSchema)]
/// # pub struct Config {}
/// pub struct Timing;
/// impl Policy for Timing {
///     type Config = Config;
///     const PHASES: Phases = Phases::RESPONSE_HEADERS;
/// #   fn new(_: Config, _: &Setup) -> Result<Self, ConfigError> { Ok(Self) }
///     async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
///         let started = cx.now();
///         let mut response = request.forward().await;
///         response.set_header("x-upstream-ms", (cx.now() - started).as_millis());
///         Ok(response.into())
///     }
/// }
/// gatewright::export!(Timing, response_headers);
/// ```
#[macro_export]
macro_rules! export {
    ($policy:ty $(, request_body)?, response_headers, response_body $(,)?) => {
        compile_error!("response_body includes response_headers: leave response_headers out");
    };
    ($policy:ty $(, $phase:ident)* $(,)?) => {
        const _: () = assert!(
            <$policy as $crate::Policy>::PHASES.is($crate::Phases::REQUEST_HEADERS $(.and($crate::__phase!($phase)))*),
            "name in export! exactly the phases that the policy's PHASES has: request_body, response_headers, response_body"
        );

        // Unit tests on wasm run under node, which has no functions of a proxy to link.
        #[cfg(all(target_family = "wasm", not(test)))]
        const _: () = {
            use $crate::__private::exports;

            #[unsafe(no_mangle)]
            extern "C" fn _initialize() {
                exports::initialize($crate::__private::Module::single::<$policy>(env!("CARGO_PKG_NAME")));
            }

            $crate::__export_root!(exports);
            $($crate::__export_phase!(exports, $phase);)*
        };
    };
}

/// Puts the JSON Schema of the module's configuration into the module, as the custom section `gatewright.schema`.
///
/// The path is relative to the file that names it.
#[macro_export]
macro_rules! embed_schema {
    ($path:literal) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            const SCHEMA: &[u8] = include_bytes!($path);
            #[unsafe(link_section = "gatewright.schema")]
            #[used]
            static SECTION: [u8; SCHEMA.len()] = *include_bytes!($path);
        };
    };
}

/// The set that a phase's name stands for.
#[doc(hidden)]
#[macro_export]
macro_rules! __phase {
    (request_body) => {
        $crate::Phases::REQUEST_BODY
    };
    (response_headers) => {
        $crate::Phases::RESPONSE_HEADERS
    };
    (response_body) => {
        $crate::Phases::RESPONSE_BODY
    };
    ($other:ident) => {
        compile_error!("a phase is one of request_body, response_headers, response_body")
    };
}

/// The callbacks that every module has. Those of the root context cost nothing per request.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_root {
    ($exports:ident) => {
        #[unsafe(no_mangle)]
        extern "C" fn proxy_abi_version_0_2_1() {}

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
            $exports::allocate(size)
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_context_create(context: u32, parent: u32) {
            $exports::with(|worker| worker.on_context_create(context, parent))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_configure(root: u32, size: u32) -> u32 {
            $exports::with(|worker| u32::from(worker.on_configure(root, size)))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_tick(root: u32) {
            $exports::with(|worker| worker.on_tick(root))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_queue_ready(root: u32, queue: u32) {
            $exports::with(|worker| worker.on_queue_ready(root, queue))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_http_call_response(context: u32, token: u32, headers: u32, body: u32, trailers: u32) {
            $exports::with(|worker| worker.on_http_call_response(context, token, headers, body, trailers))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_grpc_receive(context: u32, token: u32, size: u32) {
            $exports::with(|worker| worker.on_grpc_receive(context, token, size))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_grpc_close(context: u32, token: u32, status: u32) {
            $exports::with(|worker| worker.on_grpc_close(context, token, status))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_request_headers(context: u32, count: u32, end_of_stream: u32) -> u32 {
            $exports::with(|worker| worker.on_request_headers(context, count, end_of_stream != 0) as u32)
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_delete(context: u32) {
            $exports::with(|worker| worker.on_delete(context))
        }
    };
}

/// The callbacks of one phase.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_phase {
    ($exports:ident, request_body) => {
        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_request_body(context: u32, size: u32, end_of_stream: u32) -> u32 {
            $exports::with(|worker| worker.on_request_body(context, size, end_of_stream != 0) as u32)
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_request_trailers(context: u32, count: u32) -> u32 {
            $exports::with(|worker| worker.on_request_trailers(context, count) as u32)
        }
    };
    ($exports:ident, response_headers) => {
        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_response_headers(context: u32, count: u32, end_of_stream: u32) -> u32 {
            $exports::with(|worker| worker.on_response_headers(context, count, end_of_stream != 0) as u32)
        }
    };
    ($exports:ident, response_body) => {
        $crate::__export_phase!($exports, response_headers);

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_response_body(context: u32, size: u32, end_of_stream: u32) -> u32 {
            $exports::with(|worker| worker.on_response_body(context, size, end_of_stream != 0) as u32)
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_response_trailers(context: u32, count: u32) -> u32 {
            $exports::with(|worker| worker.on_response_trailers(context, count) as u32)
        }
    };
}
