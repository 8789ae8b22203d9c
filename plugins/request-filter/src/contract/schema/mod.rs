//! JSON Schema, the part that is checked.
//!
//! Checked: `type` (a list in 3.1), `nullable` (3.0), `enum`, `const`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`,
//! `multipleOf`, `minLength`, `maxLength`, `pattern`, `format`, `items`, `minItems`, `maxItems`, `uniqueItems`, `properties`, `required`,
//! `additionalProperties`, `minProperties`, `maxProperties`, `allOf`, `anyOf`, `oneOf`, `not` and `$ref` within the document. A property that
//! is `readOnly` need not be in a request.

mod check;
mod compile;
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
    items: Option<Id>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    unique_items: bool,
    properties: BTreeMap<String, Id>,
    required: Vec<String>,
    additional: Option<Id>,
    min_properties: Option<usize>,
    max_properties: Option<usize>,
    all_of: Vec<Id>,
    any_of: Vec<Id>,
    one_of: Vec<Id>,
    not: Option<Id>,
}

/// A limit of a number.
#[derive(Clone, Debug)]
struct Bound {
    limit: Number,
    exclusive: bool,
}

/// How far schemas are looked through for what they say about types.
const MAX_DEPTH: usize = 8;

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
        self.find(id, MAX_DEPTH, &|schema| schema.properties.get(name).copied().or(schema.additional))
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
