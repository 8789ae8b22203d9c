//! Values against [`Schemas`].

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::equality::{equal, unique};
use super::number::{compare, is_multiple};
use super::{Bound, Contains, Id, Schema, Schemas, Types};

/// Schemas and values that are compared for one request: more is refused, not computed.
const MAX_STEPS: usize = 200_000;
/// Schemas within each other.
const MAX_DEPTH: usize = 512;

/// A check of one request.
#[derive(Debug)]
pub(in super::super) struct Check<'a> {
    schemas: &'a Schemas,
    steps: usize,
    depth: usize,
    /// Where in the document it is.
    place: String,
    /// Where the first thing was wrong.
    wrong: Option<String>,
}

impl<'a> Check<'a> {
    pub(in super::super) fn new(schemas: &'a Schemas) -> Self {
        Self { schemas, steps: 0, depth: 0, place: String::new(), wrong: None }
    }

    /// Whether the value is valid. It is not if that takes too many steps.
    pub(in super::super) fn holds(&mut self, id: Id, value: &Value) -> bool {
        self.depth = self.depth.saturating_add(1);
        let within = self.step() && self.depth <= MAX_DEPTH;
        let schema = self.schemas.get(id);
        let valid = within && schema.is_some_and(|schema| self.schema(schema, value));
        if !within {
            self.steps = MAX_STEPS;
        }
        self.depth = self.depth.saturating_sub(1);
        if !valid && self.wrong.is_none() {
            self.wrong = Some(self.place.clone());
        }
        valid
    }

    /// Whether it took too many steps.
    pub(in super::super) fn is_exhausted(&self) -> bool {
        self.steps >= MAX_STEPS
    }

    /// Where the first thing was wrong: `.items[2].name`.
    pub(in super::super) fn place(&self) -> &str {
        self.wrong.as_deref().unwrap_or_default()
    }

    fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_add(1);
        self.steps < MAX_STEPS
    }

    fn schema(&mut self, schema: &Schema, value: &Value) -> bool {
        !schema.never
            && schema.types.is_none_or(|types| types.has(Types::of(value)))
            && self.is_among(schema.values.as_deref(), value)
            && schema.format.is_none_or(|format| format.holds(value))
            && match value {
                Value::Number(number) => of_number(schema, number),
                Value::String(text) => of_string(schema, text),
                Value::Array(list) => self.array(schema, list),
                Value::Object(members) => self.object(schema, members),
                Value::Null | Value::Bool(_) => true,
            }
            && self.combined(schema, value)
            && self.conditional(schema, value)
            && !self.is_exhausted()
    }

    fn is_among(&mut self, values: Option<&[Value]>, value: &Value) -> bool {
        values.is_none_or(|values| values.iter().any(|known| self.step() && equal(known, value)))
    }

    fn array(&mut self, schema: &Schema, list: &[Value]) -> bool {
        let length = list.len();
        schema.min_items.is_none_or(|least| length >= least)
            && schema.max_items.is_none_or(|most| length <= most)
            && (0..).zip(list).all(|(index, value): (usize, _)| {
                let element = schema.prefix_items.get(index).copied().or(schema.items);
                element.is_none_or(|element| self.at(&format!("[{index}]"), element, value))
            })
            && schema.contains.as_ref().is_none_or(|contains| self.contains(contains, list))
            && (!schema.unique_items || unique(list))
    }

    fn object(&mut self, schema: &Schema, members: &Map<String, Value>) -> bool {
        let count = members.len();
        schema.min_properties.is_none_or(|least| count >= least)
            && schema.max_properties.is_none_or(|most| count <= most)
            && schema.required.iter().all(|name| members.contains_key(name))
            && schema.needed_with.iter().all(|(name, needed)| {
                !members.contains_key(name) || needed.iter().all(|name| members.contains_key(name))
            })
            && members.iter().all(|(name, value)| self.member(schema, name, value))
    }

    fn member(&mut self, schema: &Schema, name: &str, value: &Value) -> bool {
        self.steps = self.steps.saturating_add(schema.pattern_properties.len());
        let step = format!(".{name}");
        let named = schema.names.is_none_or(|names| self.at(&step, names, &Value::String(name.to_owned())));
        named && schema.of_member(name).all(|property| self.step() && self.at(&step, property, value))
    }

    fn contains(&mut self, contains: &Contains, list: &[Value]) -> bool {
        let found = list.iter().filter(|value| self.tried(contains.element, value)).count();
        (contains.least..=contains.most).contains(&found)
    }

    /// What holds only under a condition: `if`, and the schemas that come with a member.
    fn conditional(&mut self, schema: &Schema, value: &Value) -> bool {
        let branch = schema
            .condition
            .map(|(condition, branches)| if self.tried(condition, value) { branches.then } else { branches.otherwise });
        let has = |name: &String| value.as_object().is_some_and(|members| members.contains_key(name));
        branch.flatten().is_none_or(|branch| self.holds(branch, value))
            && schema.with_member.iter().all(|(name, part)| !has(name) || self.holds(*part, value))
    }

    fn combined(&mut self, schema: &Schema, value: &Value) -> bool {
        let all = schema.all_of.iter().all(|part| self.holds(*part, value));
        let any = schema.any_of.is_empty() || schema.any_of.iter().any(|part| self.tried(*part, value));
        all && any
            && (schema.one_of.is_empty() || schema.one_of.iter().filter(|part| self.tried(**part, value)).count() == 1)
            && schema.not.is_none_or(|not| !self.tried(not, value))
    }

    /// Whether it holds; what is wrong with an alternative is not told.
    fn tried(&mut self, id: Id, value: &Value) -> bool {
        let wrong = self.wrong.clone();
        let valid = self.holds(id, value);
        self.wrong = wrong;
        valid
    }

    fn at(&mut self, step: &str, id: Id, value: &Value) -> bool {
        let length = self.place.len();
        self.place.push_str(step);
        let valid = self.holds(id, value);
        self.place.truncate(length);
        valid
    }
}

fn of_number(schema: &Schema, number: &Number) -> bool {
    let within = |bound: &Option<Bound>, side| {
        bound.as_ref().is_none_or(|bound| match compare(number, &bound.limit) {
            Some(Ordering::Equal) => !bound.exclusive,
            other => other == Some(side),
        })
    };
    within(&schema.minimum, Ordering::Greater)
        && within(&schema.maximum, Ordering::Less)
        && schema.multiple_of.as_ref().is_none_or(|of| is_multiple(number, of))
}

/// Lengths are counted in characters (JSON Schema, section 6.3.1).
fn of_string(schema: &Schema, text: &str) -> bool {
    let length = || text.chars().count();
    schema.min_length.is_none_or(|least| length() >= least)
        && schema.max_length.is_none_or(|most| length() <= most)
        && schema.pattern.as_ref().is_none_or(|pattern| pattern.holds(text))
}
