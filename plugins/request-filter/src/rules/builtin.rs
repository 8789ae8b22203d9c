//! Built-in groups, as rules.

use gatewright::config::ConfigError;

use super::compile::{Compiler, simplest};
use super::node::Node;
use super::question::{Kind, Question};
use super::set::Rule;
use crate::config::{Action, GroupMode, Groups, Sees};
use crate::engine::Selector;
use crate::groups::{Group, Signature};
use crate::value::Place;

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
    let node = condition(signature, compiler);
    Rule::built_in(signature, group.name(), action, shadow, node)
}

/// The condition of a built-in rule.
fn condition(signature: &Signature, compiler: &mut Compiler) -> Node {
    let names = signature.headers.iter().map(|name| Some(name.as_bytes().into()));
    let places = Place::ALL.into_iter().filter(|place| signature.places.contains(*place));
    let (headers, others) =
        places.partition::<Vec<_>, _>(|place| *place == Place::Header && !signature.headers.is_empty());
    let views = signature.views.iter().map(|view| view.to_vec()).collect::<Vec<_>>();
    let selector = |places: &[Place], name| Selector {
        places: places.to_vec(),
        name,
        sees: Sees::Canonical,
        views: views.clone(),
    };
    let mut selectors = if others.is_empty() { Vec::new() } else { vec![selector(&others, None)] };
    if !headers.is_empty() {
        selectors.extend(names.map(|name| selector(&headers, name)));
    }
    let nodes = selectors.into_iter().map(|selector| {
        let text = signature.pattern.to_owned();
        let question = Question { selector, kind: Kind::Regex, text, ignore_case: false };
        compiler.number(question, &format!("groups.{}", signature.id))
    });
    let nodes = nodes.collect();
    simplest(nodes, Node::Any)
}
