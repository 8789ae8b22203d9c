//! JSON Schema, the part that is checked.
//!
//! Checked: `type` (a list in 3.1), `nullable` (3.0), `enum`, `const`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`,
//! `multipleOf`, `minLength`, `maxLength`, `pattern`, `format`, `items`, `prefixItems`, `contains`, `minContains`, `maxContains`, `minItems`,
//! `maxItems`, `uniqueItems`, `properties`, `patternProperties`, `additionalProperties`, `propertyNames`, `required`, `dependentRequired`,
//! `dependentSchemas`, `minProperties`, `maxProperties`, `allOf`, `anyOf`, `oneOf`, `not`, `if`, `then`, `else`, and `$ref` within the
//! document. A property that is `readOnly` need not be in a request.

mod check;
mod compile;
mod equality;
mod format;
mod keywords;
mod number;
mod pattern;
mod types;

use std::collections::BTreeMap;

use serde_json::{Number, Value};

pub(super) use check::Check;
pub(super) use compile::Compiler;
pub(super) use types::Types;

use format::Format;
use pattern::Pattern;

/// Number of a schema among all of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id(usize);

/// All schemas of a document.
#[derive(Debug, Default)]
pub(super) struct Schemas(Vec<Schema>);

/// What a value must be. What is not set is not asked for.
#[derive(Debug, Default)]
struct Schema {
    /// Nothing is valid: the schema `false`.
    never: bool,
    types: Option<Types>,
    values: Option<Vec<Value>>,
    minimum: Option<Bound>,
    maximum: Option<Bound>,
    multiple_of: Option<Number>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    pattern: Option<Pattern>,
    format: Option<Format>,
    /// Of the first elements, one each.
    prefix_items: Vec<Id>,
    /// Of the others.
    items: Option<Id>,
    contains: Option<Contains>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    unique_items: bool,
    properties: BTreeMap<String, Id>,
    pattern_properties: Vec<(Pattern, Id)>,
    /// Of members that neither of these is about.
    additional: Option<Id>,
    /// What names must be.
    names: Option<Id>,
    required: Vec<String>,
    /// `dependentRequired`: members that must be there if another one is.
    needed_with: Vec<(String, Vec<String>)>,
    /// `dependentSchemas`: what the object must be if a member is there.
    with_member: Vec<(String, Id)>,
    min_properties: Option<usize>,
    max_properties: Option<usize>,
    all_of: Vec<Id>,
    any_of: Vec<Id>,
    one_of: Vec<Id>,
    not: Option<Id>,
    condition: Option<(Id, Branches)>,
}

/// `then` and `else`.
#[derive(Clone, Copy, Debug, Default)]
struct Branches {
    then: Option<Id>,
    otherwise: Option<Id>,
}

/// How many elements must be valid.
#[derive(Debug)]
struct Contains {
    element: Id,
    least: usize,
    most: usize,
}

/// A limit of a number.
#[derive(Clone, Debug)]
struct Bound {
    limit: Number,
    exclusive: bool,
}

/// How far schemas are looked through for what they say about types.
const MAX_DEPTH: usize = 8;

impl Schema {
    /// What a member of this name must be.
    fn of_member(&self, name: &str) -> impl Iterator<Item = Id> {
        let patterns = self.pattern_properties.iter().filter(|(pattern, _)| pattern.holds(name)).map(|(_, id)| *id);
        let known: Vec<Id> = self.properties.get(name).copied().into_iter().chain(patterns).collect();
        let additional = if known.is_empty() { self.additional } else { None };
        known.into_iter().chain(additional)
    }

    /// Schemas that apply to the same value.
    fn parts(&self) -> impl Iterator<Item = &Id> {
        let branches = self.condition.iter().flat_map(|(condition, branches)| {
            [Some(condition), branches.then.as_ref(), branches.otherwise.as_ref()].into_iter().flatten()
        });
        let parts = self.all_of.iter().chain(&self.any_of).chain(&self.one_of).chain(&self.not);
        parts.chain(branches).chain(self.with_member.iter().map(|(_, part)| part))
    }
}

impl Schemas {
    fn get(&self, id: Id) -> Option<&Schema> {
        self.0.get(id.0)
    }

    /// The types that a schema may take, as far as it says.
    pub(super) fn types(&self, id: Id) -> Types {
        self.types_within(id, MAX_DEPTH)
    }

    /// The schema of the elements of a list.
    pub(super) fn items(&self, id: Id) -> Option<Id> {
        self.find(id, MAX_DEPTH, &|schema| schema.items)
    }

    /// The schema of a member.
    pub(super) fn property(&self, id: Id, name: &str) -> Option<Id> {
        self.find(id, MAX_DEPTH, &|schema| schema.of_member(name).next())
    }

    fn types_within(&self, id: Id, depth: usize) -> Types {
        let Some((schema, depth)) = self.get(id).zip(depth.checked_sub(1)) else { return Types::ALL };
        let union = |parts: &[Id]| parts.iter().fold(Types::NONE, |all, part| all.or(self.types_within(*part, depth)));
        let mut types = schema.types.unwrap_or(Types::ALL);
        for part in &schema.all_of {
            types = types.and(self.types_within(*part, depth));
        }
        for parts in [&schema.any_of, &schema.one_of] {
            if !parts.is_empty() {
                types = types.and(union(parts));
            }
        }
        types
    }

    fn find(&self, id: Id, depth: usize, ask: &dyn Fn(&Schema) -> Option<Id>) -> Option<Id> {
        let (schema, depth) = self.get(id).zip(depth.checked_sub(1))?;
        let parts = schema.all_of.iter().chain(&schema.any_of).chain(&schema.one_of);
        ask(schema).or_else(|| parts.into_iter().find_map(|part| self.find(*part, depth, ask)))
    }
}
