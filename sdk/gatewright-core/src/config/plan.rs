//! Settings of every route, built once from a configuration.

use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::envelope::{Envelope, FailureMode, Mode, RouteEntry};
use super::error::ConfigError;
use super::merge::{Origin, lay_over, origin};
use super::typed::from_value;
use crate::routes::{Needs, RouteIndex, RouteQuery, Variables};

/// How one policy treats an exchange.
#[derive(Debug)]
pub struct Settings<P> {
    /// What a verdict does.
    pub mode: Mode,
    /// What a fault does.
    pub failure_mode: FailureMode,
    /// What was built from the settings; `None` exactly if [`mode`](Self::mode) is [`Mode::Off`].
    ///
    /// Routes without settings of their own share one with the envelope.
    pub policy: Option<Rc<P>>,
}

/// The settings of every route of one policy.
#[derive(Debug)]
pub struct Plan<P> {
    default: Settings<P>,
    routes: RouteIndex<Settings<P>>,
}

/// The settings for one request.
#[derive(Debug)]
pub struct Selected<'a, P> {
    /// The settings.
    pub settings: &'a Settings<P>,
    /// Which entry of `routes` they are from, counted from 0; `None` for the envelope's own.
    pub route: Option<usize>,
    /// What the variables of the entry's path stand for.
    pub variables: Variables<'a>,
}

impl<P> Plan<P> {
    /// The settings for a request: those of the most specific route that matches, else the envelope's own.
    pub fn find(&self, query: &dyn RouteQuery) -> Selected<'_, P> {
        match self.routes.find(query) {
            Some(found) => Selected { settings: found.value, route: Some(found.index), variables: found.variables },
            None => Selected { settings: &self.default, route: None, variables: Variables::default() },
        }
    }

    /// The envelope's own settings.
    #[must_use]
    pub fn default_settings(&self) -> &Settings<P> {
        &self.default
    }

    /// Whether any route has settings of its own.
    #[must_use]
    pub fn has_routes(&self) -> bool {
        self.routes.values().next().is_some()
    }

    /// Which attributes of a request [`find`](Self::find) may ask for.
    #[must_use]
    pub fn needs(&self) -> &Needs {
        self.routes.needs()
    }

    /// All settings: the envelope's own, then each route's in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Settings<P>> {
        std::iter::once(&self.default).chain(self.routes.values())
    }
}

/// Builds the plan of one policy from its envelope. `build` makes a policy from its settings.
///
/// A policy that is off is neither checked nor built.
///
/// # Errors
/// The first thing that is wrong, with its path from the envelope down. What `build` refuses is prefixed with `policy` or
/// `routes[n].policy`.
pub fn compile<C, P>(
    envelope: Value,
    mut build: impl FnMut(C, Option<usize>) -> Result<P, ConfigError>,
) -> Result<Plan<P>, ConfigError>
where
    C: DeserializeOwned,
{
    let Envelope { mode, failure_mode, policy, routes } = from_value(envelope)?;
    let make = |fields: Map<String, Value>, route| {
        from_value(fields.into()).and_then(|settings| build(settings, route)).map(Rc::new)
    };
    let mut builder = Builder { policy, shared: None, make };
    let default = Settings { mode, failure_mode, policy: builder.envelope(mode)? };
    let mut entries = Vec::with_capacity(routes.len());
    for (index, entry) in routes.into_iter().enumerate() {
        let mode = entry.mode.unwrap_or(mode);
        let policy = builder.route(mode, &entry, index)?;
        let failure_mode = entry.failure_mode.unwrap_or(failure_mode);
        entries.push((entry.r#match, Settings { mode, failure_mode, policy }));
    }
    Ok(Plan { default, routes: RouteIndex::new(entries).map_err(|error| error.within("routes"))? })
}

struct Builder<P, F> {
    /// The envelope's settings.
    policy: Map<String, Value>,
    /// What was built from them, once a mode asked for it.
    shared: Option<Rc<P>>,
    make: F,
}

impl<P, F> Builder<P, F>
where
    F: FnMut(Map<String, Value>, Option<usize>) -> Result<Rc<P>, ConfigError>,
{
    fn envelope(&mut self, mode: Mode) -> Result<Option<Rc<P>>, ConfigError> {
        if mode == Mode::Off {
            return Ok(None);
        }
        if self.shared.is_none() {
            self.shared = Some((self.make)(self.policy.clone(), None).map_err(|error| error.within("policy"))?);
        }
        Ok(self.shared.clone())
    }

    fn route(&mut self, mode: Mode, entry: &RouteEntry, index: usize) -> Result<Option<Rc<P>>, ConfigError> {
        let Some(over) = &entry.policy else { return self.envelope(mode) };
        if mode == Mode::Off {
            return Ok(None);
        }
        let mut merged = self.policy.clone();
        lay_over(&mut merged, over);
        let made = (self.make)(merged, Some(index)).map_err(|error| self.explained(error, over));
        made.map(Some).map_err(|error| error.within("policy").index(index).within("routes"))
    }

    /// Says where a route's setting was written, if not in the route.
    fn explained(&self, error: ConfigError, over: &Map<String, Value>) -> ConfigError {
        let written = error.clone().within("policy").path().to_owned();
        match origin(&self.policy, over, error.path()) {
            Origin::Base => error.with_note(&format!(" (from `{written}`, which this route keeps)")),
            Origin::Both if !error.path().is_empty() => {
                error.with_note(&format!(" (this route's fields are laid over those of `{written}`)"))
            }
            Origin::Both | Origin::Over => error,
        }
    }
}

#[cfg(test)]
mod tests;
