//! The API-key policy of the examples, written by hand with the `proxy-wasm` crate's callbacks, to compare with.
//!
//! Rejects requests without a known API key, takes the key off, and tells the client how long the upstream took. The
//! configuration is JSON: `{"header": "x-api-key", "keys": ["<SHA-256 of a key, in hex>"]}`.

#![expect(missing_docs, reason = "what `proxy_wasm::main!` expands to has none")]

use std::collections::HashSet;
use std::rc::Rc;
use std::time::SystemTime;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use serde::Deserialize;
use sha2::{Digest, Sha256};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { config: Rc::default() }));
}}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    header: String,
    keys: HashSet<String>,
}

struct Root {
    config: Rc<Config>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let bytes = self.get_plugin_configuration().unwrap_or_default();
        match serde_json::from_slice(&bytes) {
            Ok(config) => {
                self.config = Rc::new(config);
                true
            }
            Err(_) => false,
        }
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange { config: Rc::clone(&self.config), started: None }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Exchange {
    config: Rc<Config>,
    started: Option<SystemTime>,
}

impl Context for Exchange {}

impl HttpContext for Exchange {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let Some(key) = self.get_http_request_header_bytes(&self.config.header) else {
            self.send_http_response(401, vec![("www-authenticate", "ApiKey")], None);
            return Action::Pause;
        };
        if !self.config.keys.contains(&hex(&Sha256::digest(&key))) {
            self.send_http_response(403, vec![], None);
            return Action::Pause;
        }
        self.set_http_request_header(&self.config.header, None);
        self.started = Some(self.get_current_time());
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        if let Some(started) = self.started {
            let took = self.get_current_time().duration_since(started).unwrap_or_default();
            self.set_http_response_header("x-upstream-ms", Some(&took.as_millis().to_string()));
        }
        Action::Continue
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
