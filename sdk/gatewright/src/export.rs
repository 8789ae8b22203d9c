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

        $crate::__export_module!($crate::__private::Module::single::<$policy>(env!("CARGO_PKG_NAME")) $(, $phase)*);
    };
}

/// Makes several policies the content of this crate's wasm module: a gateway, whose configuration says which of them a request
/// passes, in which order, and how often.
///
/// After the policies, each by what `use` calls it in the configuration, come all the phases that they need. The macro
/// defines `MODULE`, which native tests start. A crate that is part of a gateway must not export itself at the same time: have a cargo
/// feature for its own [`export!`](crate::export) and [`embed_schema!`](crate::embed_schema).
///
/// ```
/// # mod timing {
/// #     use gatewright::prelude::*;
/// #     #[derive(Deserialize, JsonSchema)]
/// #     pub struct Config {}
/// #     pub struct Timing;
/// #     impl Policy for Timing {
/// #         type Config = Config;
/// #         const PHASES: Phases = Phases::RESPONSE_HEADERS;
/// #         fn new(_: Config, _: &Setup) -> Result<Self, ConfigError> { Ok(Self) }
/// #         async fn handle(&self, request: Request, _: &Context) -> Result<Flow, Fault> { Ok(request.forward().into()) }
/// #     }
/// # }
/// # use timing::Timing;
/// gatewright::export_gateway!({ "timing" => Timing }, response_headers);
///
/// # fn main() {
/// use gatewright_testing::message::Request;
/// use gatewright_testing::native_module;
/// use gatewright_testing::proxy::Proxy;
///
/// let config = r#"{"policies": [{"use": "timing"}, {"use": "timing", "name": "inner"}]}"#;
/// let mut proxy = Proxy::builder().config(config).start(native_module(MODULE)).unwrap();
/// assert_eq!(proxy.send(Request::get("/")).status(), 200);
/// # }
/// ```
#[macro_export]
macro_rules! export_gateway {
    ({ $($name:literal => $policy:ty),+ $(,)? } $(, $phase:ident)* $(,)?) => {
        /// The module: its policies, by what `use` calls them in the configuration.
        pub const MODULE: $crate::Module = {
            const PHASES: $crate::Phases = $crate::Phases::REQUEST_HEADERS $(.and($crate::__phase!($phase)))*;
            const _: () = assert!(
                PHASES.is($crate::Phases::REQUEST_HEADERS $(.and(<$policy as $crate::Policy>::PHASES))+),
                "name in export_gateway! exactly the phases that the policies' PHASES have: request_body, response_headers, response_body"
            );
            fn build(
                _: &str,
                configuration: $crate::__private::Value,
                setup: &$crate::Setup,
            ) -> Result<$crate::Chain, $crate::config::ConfigError> {
                $crate::gateway::build(&[$(($name, $crate::Chain::single::<$policy>)),+], configuration, setup)
            }
            $crate::Module { name: env!("CARGO_PKG_NAME"), phases: PHASES, build }
        };

        $crate::__export_module!(MODULE $(, $phase)*);
    };
}

/// Puts the JSON Schema of the module's configuration into the module, as the custom section `gatewright.schema`, without the space
/// between its tokens.
///
/// The path is relative to the file that names it.
#[macro_export]
macro_rules! embed_schema {
    ($path:literal) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::__private::compact;
            const SCHEMA: &[u8] = include_bytes!($path);
            // Not `#[used]`, which would keep a second copy in the memory of every VM.
            #[unsafe(link_section = "gatewright.schema")]
            #[allow(long_running_const_eval, reason = "a step for each byte")]
            static _SECTION: [u8; compact::length(SCHEMA)] = compact::text(SCHEMA);
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

/// The exports of a module of these phases.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_module {
    ($module:expr $(, $phase:ident)*) => {
        // Unit tests on wasm run under node, which has no functions of a proxy to link.
        #[cfg(all(target_family = "wasm", not(test)))]
        const _: () = {
            use $crate::__private::exports;

            #[unsafe(no_mangle)]
            extern "C" fn _initialize() {
                exports::initialize($module);
            }

            $crate::__export_root!(exports);
            $($crate::__export_phase!(exports, $phase);)*
        };
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
