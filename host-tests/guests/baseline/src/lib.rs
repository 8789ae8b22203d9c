//! Does nothing, with the `proxy-wasm` crate and all its callbacks: the floor that Gatewright's overhead is measured from.

#![expect(missing_docs, reason = "what `proxy_wasm::main!` expands to has none")]

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Root));
}}

struct Root;

impl Context for Root {}

impl RootContext for Root {
    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Exchange;

impl Context for Exchange {}

impl HttpContext for Exchange {}
