//! The policy.

use std::rc::Rc;

use gatewright::config::ConfigError;
use gatewright::syntax::is_token;
use gatewright::{Context, Fault, Flow, Phases, Policy, Request, Setup};

use crate::asked;
use crate::cache::Cache;
use crate::config::{Config, Method};
use crate::http::status::is_safe_method;
use crate::invalidate;
use crate::purge;

/// A shared HTTP cache (RFC 9111).
pub struct ResponseCache(Rc<Cache>);

impl Policy for ResponseCache {
    type Config = Config;
    const PHASES: Phases = Phases::RESPONSE_BODY;

    fn new(config: Config, setup: &Setup) -> Result<Self, ConfigError> {
        check(&config)?;
        Ok(Self(Rc::new(Cache::new(config, setup)?)))
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        if let Some(reply) = purge::answer(&self.0, &request)? {
            return Ok(reply.into());
        }
        let method = request.header(":method").unwrap_or_default();
        if !matches!(method, b"GET" | b"HEAD") && !is_safe_method(request.method()) {
            return invalidate::forward(&self.0, request, cx).await;
        }
        if !self.answers(method) || asked::is_bypassed(&request, &self.0.config.bypass) {
            self.0.metrics.bypass.increment();
            return Ok(request.forward().into());
        }
        self.0.handle(request, cx).await
    }
}

impl ResponseCache {
    /// Whether requests of this method are answered from the store.
    fn answers(&self, method: &[u8]) -> bool {
        let methods = &self.0.config.methods;
        match method {
            b"GET" => methods.contains(&Method::Get),
            b"HEAD" => methods.contains(&Method::Head),
            _ => false,
        }
    }
}

fn check(config: &Config) -> Result<(), ConfigError> {
    if let Some(name) = &config.cache_status
        && !is_token(name)
    {
        return Err(ConfigError::at("cache_status", format!("{name:?} is no token; write a name such as gatewright")));
    }
    if let Some(name) = &config.name {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        if name.is_empty() || name.len() > 32 || !name.bytes().all(plain) {
            let message = format!("{name:?} is no name; write 1 to 32 of a-z, 0-9, _ and -");
            return Err(ConfigError::at("name", message));
        }
    }
    let Some(purge) = &config.purge else { return Ok(()) };
    if purge.secrets.is_empty() || purge.secrets.len() > 16 {
        let message = format!("found {} secrets; write 1 to 16", purge.secrets.len());
        return Err(ConfigError::at("secrets", message).within("purge"));
    }
    if let Some(path) = purge.path.as_ref().filter(|path| !path.starts_with('/')) {
        return Err(ConfigError::at("path", format!("{path:?} is no path; write one such as /purge")).within("purge"));
    }
    Ok(())
}
