//! Opening a store.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use gatewright::Setup;
use gatewright::config::ConfigError;
use gatewright::store::StoreError;

use super::Settings;
use super::geometry::Geometry;
use super::inner::Inner;
use super::key::{Key, low_half};

/// Stored responses. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store(pub(super) Rc<Inner>);

/// The stores of a configuration, by name.
#[derive(Default)]
struct Opened(RefCell<HashMap<String, Store>>);

impl Store {
    /// The store of this name: the same for all routes of a configuration, and shared with all workers and configurations of the proxy.
    ///
    /// # Errors
    /// Settings out of range, or unlike those that the store was first opened with.
    pub fn open(setup: &Setup, settings: &Settings) -> Result<Self, ConfigError> {
        settings.check()?;
        let opened = setup.shared(Opened::default);
        if let Some(store) = opened.0.borrow().get(&settings.name) {
            return match store.0.settings == *settings {
                true => Ok(store.clone()),
                false => Err(unlike(settings, "elsewhere in this configuration")),
            };
        }
        let store = Self::first(setup, settings)?;
        opened.0.borrow_mut().insert(settings.name.clone(), store.clone());
        Ok(store)
    }

    /// A number for a variant, from what it is selected by.
    #[must_use]
    pub fn hash(&self, parts: &[&[u8]]) -> u64 {
        low_half(self.0.hasher.hash(parts))
    }

    /// The key of a URL and of whatever else its responses are kept apart by. [`Selector`](super::Selector)s compare `url`.
    #[must_use]
    pub fn key(&self, url: impl Into<Vec<u8>>, rest: &[&[u8]]) -> Key {
        Key::new(&self.0.hasher, url.into(), rest)
    }

    fn first(setup: &Setup, settings: &Settings) -> Result<Self, ConfigError> {
        let geometry = Geometry::of(settings)?;
        let inner =
            Inner::new(setup.services().host(), settings, geometry, Some(setup)).map_err(|error| match error {
                StoreError::UnknownLayout => unlike(settings, "in this proxy since it started"),
                error => ConfigError::new(format!("the store cannot be set up: {error}")),
            })?;
        let inner = Rc::new(inner);
        inner.listen(setup);
        Ok(Self(inner))
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("name", &self.0.settings.name).finish_non_exhaustive()
    }
}

fn unlike(settings: &Settings, place: &str) -> ConfigError {
    let name = &settings.name;
    ConfigError::new(format!("the store `{name}` has other settings {place}; write the same, or restart the proxy"))
}
