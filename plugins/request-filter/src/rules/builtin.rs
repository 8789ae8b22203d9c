//! Built-in groups, as rules.

use gatewright::config::ConfigError;

use super::compile::Compiler;
use super::set::Rule;
use crate::config::{Action, GroupMode, Groups};
use crate::groups::{Group, Signature};

/// The rules of the groups that are on.
pub(super) fn rules(groups: &Groups, compiler: &mut Compiler) -> Result<Vec<Rule>, ConfigError> {
    let all =
        || Group::ALL.into_iter().flat_map(|group| group.signatures().iter().map(move |signature| (group, signature)));
    for (index, id) in groups.except.iter().enumerate() {
        if !all().any(|(_, signature)| signature.id == id) {
            let shown: String = id.chars().take(64).collect();
            let message = format!("{shown:?} is not the id of a built-in rule; the events name them");
            return Err(ConfigError::new(message).index(index).within("except").within("groups"));
        }
    }
    let asked = all().filter(|(_, signature)| !groups.except.iter().any(|id| id == signature.id));
    let rules = asked.filter_map(|(group, signature)| {
        let action = match groups.mode(group) {
            GroupMode::Off => return None,
            GroupMode::Score => Action::Score,
            GroupMode::Deny => Action::Deny,
        };
        Some(rule(group, signature, action, groups.shadow, compiler))
    });
    Ok(rules.collect())
}

fn rule(group: Group, signature: &Signature, action: Action, shadow: bool, compiler: &mut Compiler) -> Rule {
    let node = compiler.signature(signature);
    Rule::built_in(signature, group.name(), action, shadow, node)
}
