//! What a policy knows beside the request itself.

use std::any::Any;
use std::net::SocketAddr;
use std::rc::Rc;

use serde_json::Value;

use crate::chain::Chosen;
use crate::config::{Mode, source};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::property::{self, Peer};
use crate::root::Owner;
use crate::services::Services;

/// The exchange's surroundings: who calls, on which route, what earlier policies found out; and the proxy's [`Services`].
///
/// What the proxy does not know is `None`. Where it fails to say, that is `None` too, and the exchange is a [`Fault`], whatever the
/// policy then returns.
pub struct Context {
    services: Services,
    exchange: Rc<Exchange>,
    chosen: Rc<Chosen>,
}

impl Context {
    pub(crate) fn new(exchange: Rc<Exchange>, chosen: Rc<Chosen>) -> Self {
        let services = Services::new(Rc::clone(&exchange.root), Owner::Exchange(exchange.id));
        Self { services, exchange, chosen }
    }

    /// The proxy's services, to keep beyond this borrow.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The name under which this policy runs, as in metrics and events.
    #[must_use]
    pub fn policy_name(&self) -> &str {
        &self.chosen.name
    }

    /// Whether the policy's verdict counts. In shadow mode the request must not feel the policy in other ways either: a policy that makes
    /// requests wait does not then.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.chosen.mode
    }

    /// What stands in the request's path for `{name}` of the matched route's template.
    #[must_use]
    pub fn path_variable(&self, name: &str) -> Option<&str> {
        let variables = self.chosen.variables.as_deref()?;
        variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The address that the connection came from: the client's, or that of a proxy before this one.
    #[must_use]
    pub fn source_address(&self) -> Option<SocketAddr> {
        property::source_address(&self.exchange)
    }

    /// The client's certificate, if the connection is mutually authenticated.
    #[must_use]
    pub fn peer(&self) -> Option<Peer> {
        property::peer(&self.exchange)
    }

    /// The name of the proxy's route.
    #[must_use]
    pub fn route_name(&self) -> Option<String> {
        property::text(&self.exchange, property::ROUTE_NAME)
    }

    /// The metadata of the proxy's route under `namespace`, typed as its configuration has it.
    ///
    /// # Errors
    /// A [`Fault`] if the host's metadata does not parse.
    pub fn route_metadata(&self, namespace: &str) -> Result<Option<Value>, Fault> {
        let Some(bytes) = property::read(&self.exchange, property::ROUTE_METADATA) else { return Ok(None) };
        let mut metadata = source::decode_metadata(&bytes).map_err(|error| property::bad_metadata(&error))?;
        Ok(metadata.remove(namespace))
    }

    /// Any property of the host, raw.
    #[must_use]
    pub fn property(&self, path: &[&str]) -> Option<Vec<u8>> {
        property::read(&self.exchange, path.join("\0").as_bytes())
    }

    /// Leaves a value for the policies after this one in the module: the claims of a token, say. One value per type.
    pub fn insert<T: 'static>(&self, value: T) {
        let mut extensions = self.exchange.extensions.borrow_mut();
        extensions.retain(|known| !known.is::<T>());
        extensions.push(Rc::new(value) as Rc<dyn Any>);
    }

    /// Keeps a value until the exchange is over, however it ends, and drops it then: after the last byte of the response, or when the
    /// client left. No callback of the response is needed for that. What its `Drop` asks the host must be possible for any context,
    /// as shared data, metrics and the clock are.
    pub fn keep_until_end(&self, value: impl Any) {
        self.exchange.kept.borrow_mut().push(Box::new(value));
    }

    /// What an earlier policy left.
    #[must_use]
    pub fn get<T: 'static>(&self) -> Option<Rc<T>> {
        let extensions = self.exchange.extensions.borrow();
        let found = extensions.iter().find(|known| known.is::<T>()).map(Rc::clone)?;
        found.downcast().ok()
    }
}
