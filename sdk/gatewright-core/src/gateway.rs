//! Several policies in one module, in the order of the configuration.

mod schema;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Map;

use crate::chain::Chain;
use crate::config::{ConfigError, from_value};
use crate::setup::Setup;

pub use schema::schema;
#[doc(no_inline)]
pub use serde_json::Value;

/// Policies that one configuration may have: each request passes all of them.
const MAX_POLICIES: usize = 32;

/// Makes one configured policy ready; [`Chain::single`] of its type.
pub type Build = fn(&str, Value, &Setup) -> Result<Chain, ConfigError>;

/// What a gateway module is configured with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gateway {
    /// The first gets the request first, and the response last.
    policies: Vec<Map<String, Value>>,
    #[serde(default)]
    routes: Vec<Route>,
}

/// What is different on some routes, for several policies together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Route {
    r#match: Value,
    /// By name. The fields are those of an entry in the policy's own `routes`, without `match`.
    policies: BTreeMap<String, Map<String, Value>>,
}

/// A policy's name, what it is, and the envelope around its settings.
struct Instance {
    name: String,
    build: Build,
    envelope: Map<String, Value>,
}

/// Where each of a policy's routes is written: its own come first, then these of the gateway's.
struct Written {
    own: usize,
    shared: Vec<usize>,
}

/// Makes the policies of a gateway's configuration ready. `known` are those that the module holds, by what `use` calls them.
///
/// # Errors
/// The first thing that is wrong, with its path.
pub fn build(known: &[(&str, Build)], configuration: Value, setup: &Setup) -> Result<Chain, ConfigError> {
    let Gateway { policies, routes } = from_value(configuration)?;
    if policies.is_empty() || policies.len() > MAX_POLICIES {
        let message = format!("found {} policies; write 1 to {MAX_POLICIES}", policies.len());
        return Err(ConfigError::at("policies", message));
    }
    let mut instances: Vec<Instance> = Vec::with_capacity(policies.len());
    for (index, entry) in policies.into_iter().enumerate() {
        let instance = Instance::read(entry, known).map_err(|error| error.index(index).within("policies"))?;
        if let Some(first) = instances.iter().position(|other| other.name == instance.name) {
            let message = format!("`{}` is the name of policies[{first}] already; write a `name`", instance.name);
            return Err(ConfigError::at("name", message).index(index).within("policies"));
        }
        instances.push(instance);
    }
    check_names(&routes, &instances)?;
    let mut chain: Option<Chain> = None;
    for (index, instance) in instances.into_iter().enumerate() {
        let inner = instance.ready(index, &routes, setup)?;
        chain = Some(match chain {
            Some(outer) => outer.around(inner),
            None => inner,
        });
    }
    chain.ok_or_else(|| ConfigError::at("policies", "write at least one policy"))
}

impl Instance {
    fn read(mut envelope: Map<String, Value>, known: &[(&str, Build)]) -> Result<Self, ConfigError> {
        let allowed = || known.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let kind = text(&mut envelope, "use")?
            .ok_or_else(|| ConfigError::at("use", format!("missing; write one of {}", allowed())))?;
        let Some((_, build)) = known.iter().find(|(name, _)| *name == kind) else {
            let message = format!("this module has no policy of that name; write one of {}", allowed());
            return Err(ConfigError::at("use", message));
        };
        let name = text(&mut envelope, "name")?.unwrap_or(kind);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
            let message = "a name is 1 to 64 letters, digits, `-` and `_`: it is part of metrics and events";
            return Err(ConfigError::at("name", message));
        }
        Ok(Self { name, build: *build, envelope })
    }

    fn ready(self, index: usize, routes: &[Route], setup: &Setup) -> Result<Chain, ConfigError> {
        let Self { name, build, mut envelope } = self;
        let written = add_routes(&mut envelope, &name, routes);
        build(&name, envelope.into(), setup).map_err(|error| written.locate(error, index, &name))
    }
}

impl Written {
    /// The error where the user wrote what is wrong.
    fn locate(&self, error: ConfigError, index: usize, name: &str) -> ConfigError {
        let route = error.path().strip_prefix("routes[").and_then(|rest| rest.split_once(']'));
        let shared = route.and_then(|(number, rest)| {
            let number: usize = number.parse().ok()?;
            Some((*self.shared.get(number.checked_sub(self.own)?)?, rest))
        });
        let Some((number, rest)) = shared else { return error.index(index).within("policies") };
        let below = rest.strip_prefix('.').unwrap_or(rest);
        let within = ConfigError::at(below, error.message());
        let located = if below.starts_with("match") { within } else { within.within(name).within("policies") };
        located.index(number).within("routes")
    }
}

/// Adds what the gateway's routes say of a policy to its own.
fn add_routes(envelope: &mut Map<String, Value>, name: &str, routes: &[Route]) -> Written {
    let own = envelope.get("routes").and_then(Value::as_array).map_or(0, Vec::len);
    let about = routes.iter().enumerate().filter_map(|(number, route)| {
        let mut entry = route.policies.get(name)?.clone();
        entry.insert("match".to_owned(), route.r#match.clone());
        Some((number, Value::Object(entry)))
    });
    let (shared, entries): (Vec<usize>, Vec<Value>) = about.unzip();
    if !entries.is_empty() {
        // If it is no list, the policy's own reading of its envelope says so.
        if let Value::Array(list) = envelope.entry("routes").or_insert_with(|| Value::Array(Vec::new())) {
            list.extend(entries);
        }
    }
    Written { own, shared }
}

fn check_names(routes: &[Route], instances: &[Instance]) -> Result<(), ConfigError> {
    for (index, route) in routes.iter().enumerate() {
        for (name, fields) in &route.policies {
            let error = if !instances.iter().any(|instance| instance.name == *name) {
                let names: Vec<_> = instances.iter().map(|instance| format!("`{}`", instance.name)).collect();
                ConfigError::new(format!("no policy has this name; the names are {}", names.join(", ")))
            } else if fields.contains_key("match") {
                ConfigError::at("match", "stands once, beside `policies`")
            } else {
                continue;
            };
            return Err(error.within(name).within("policies").index(index).within("routes"));
        }
    }
    Ok(())
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, ConfigError> {
    match fields.remove(name) {
        None => Ok(None),
        Some(value) => from_value(value).map(Some).map_err(|error| error.within(name)),
    }
}
