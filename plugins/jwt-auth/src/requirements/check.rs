//! Whether requirements can be met at all.

use gatewright::config::ConfigError;

use super::{Requirement, scopes};
use crate::seconds;

/// Nodes a tree has at most, each of which a request may cost.
const MAX_NODES: usize = 256;
const MAX_DEPTH: usize = 8;

impl Requirement {
    /// Refuses what names no provider, could never hold, or says nothing.
    pub(crate) fn validate(&self, providers: &[&str]) -> Result<(), ConfigError> {
        let mut nodes = 0;
        self.validate_node(providers, 0, &mut nodes)
    }

    fn validate_node(&self, providers: &[&str], depth: usize, nodes: &mut usize) -> Result<(), ConfigError> {
        *nodes += 1;
        if depth >= MAX_DEPTH || *nodes > MAX_NODES {
            let limits = format!("at most {MAX_DEPTH} levels and {MAX_NODES} nodes");
            return Err(ConfigError::new(format!("too large a tree; {limits}")));
        }
        self.validate_conditions(providers)?;
        for (field, branches) in [("any_of", &self.any_of), ("all_of", &self.all_of)] {
            let Some(branches) = branches else { continue };
            if branches.is_empty() {
                return Err(ConfigError::at(field, "found an empty list; name what must hold, or leave it out"));
            }
            for (index, branch) in branches.iter().enumerate() {
                let checked = branch.validate_node(providers, depth + 1, nodes);
                checked.map_err(|error| error.index(index).within(field))?;
            }
        }
        let Some(inner) = &self.optional else { return Ok(()) };
        if self.any_of.is_some() || self.all_of.is_some() || self.has_conditions() {
            return Err(ConfigError::at(
                "optional",
                "stands alone; move what stands beside it into it, or use `all_of`",
            ));
        }
        inner.validate_node(providers, depth + 1, nodes).map_err(|error| error.within("optional"))
    }

    fn validate_conditions(&self, providers: &[&str]) -> Result<(), ConfigError> {
        if let Some(name) = self.provider.as_deref().filter(|name| !providers.contains(name)) {
            let known = providers.join("`, `");
            return Err(ConfigError::at("provider", format!("`{name}` is no provider here; write one of `{known}`")));
        }
        for (index, predicate) in self.claims.iter().enumerate() {
            if let Some((field, message)) = predicate.complaint() {
                return Err(ConfigError::at(field, message).index(index).within("claims"));
            }
        }
        // They stand in challenges, inside quotes and separated by spaces.
        for (field, values) in [("scopes", &self.scopes), ("acr_values", &self.acr_values)] {
            if let Some(index) = values.iter().position(|value| !scopes::is_scope(value)) {
                let message = "write printable ASCII without spaces, quotes and backslashes, one value per entry";
                return Err(ConfigError::new(message).index(index).within(field));
            }
        }
        self.max_age.map_or(Ok(()), |age| seconds::check("max_age", age))
    }
}
