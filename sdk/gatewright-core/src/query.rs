//! What the routes of a configuration may ask about a request. Each answer is fetched only if a route needs it.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use crate::config::{HeaderName, source};
use crate::property;
use crate::request::Request;
use crate::routes::RouteQuery;

/// Namespace of the proxy's route metadata that `routes[].match.metadata` looks into.
pub const METADATA_NAMESPACE: &str = "gatewright";

/// A request, asked lazily.
pub(crate) struct Query<'a> {
    request: &'a Request,
    metadata: OnceCell<Value>,
}

impl<'a> Query<'a> {
    pub(crate) fn new(request: &'a Request) -> Self {
        Self { request, metadata: OnceCell::new() }
    }

    fn metadata(&self) -> &Value {
        self.metadata.get_or_init(|| {
            let exchange = &self.request.message.exchange;
            let Some(bytes) = property::read(exchange, property::ROUTE_METADATA) else { return Value::Null };
            match source::decode_metadata(&bytes) {
                Ok(mut metadata) => metadata.remove(METADATA_NAMESPACE).unwrap_or_default(),
                Err(error) => {
                    exchange.set_fault(property::bad_metadata(&error));
                    Value::Null
                }
            }
        })
    }

    fn field(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.request.header(name).map(Cow::Borrowed)
    }
}

impl RouteQuery for Query<'_> {
    fn route_name(&self) -> Option<Cow<'_, [u8]>> {
        property::read(&self.request.message.exchange, property::ROUTE_NAME).map(Cow::Owned)
    }

    fn host(&self) -> Option<Cow<'_, [u8]>> {
        self.field(":authority")
    }

    fn path(&self) -> Option<Cow<'_, [u8]>> {
        self.field(":path")
    }

    fn method(&self) -> Option<Cow<'_, [u8]>> {
        self.field(":method")
    }

    fn header(&self, name: &HeaderName) -> Option<Cow<'_, [u8]>> {
        let mut lines = self.request.headers().all(name);
        let first = lines.next()?;
        let mut joined = Cow::Borrowed(first);
        for line in lines {
            let value = joined.to_mut();
            value.push(b',');
            value.extend_from_slice(line);
        }
        Some(joined)
    }

    fn metadata(&self, key: &str) -> Option<Cow<'_, [u8]>> {
        match self.metadata().get(key)? {
            Value::String(text) => Some(Cow::Borrowed(text.as_bytes())),
            other => Some(Cow::Owned(other.to_string().into_bytes())),
        }
    }
}
