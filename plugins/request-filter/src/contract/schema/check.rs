//! Values against [`Schemas`].

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::number::{compare, is_multiple};
use super::{Bound, Id, Schema, Schemas, Types};

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
    }

    fn is_among(&mut self, values: Option<&[Value]>, value: &Value) -> bool {
        values.is_none_or(|values| values.iter().any(|known| self.step() && equal(known, value)))
    }

    fn array(&mut self, schema: &Schema, list: &[Value]) -> bool {
        let length = list.len();
        schema.min_items.is_none_or(|least| length >= least)
            && schema.max_items.is_none_or(|most| length <= most)
            && schema.items.is_none_or(|items| {
                (0..).zip(list).all(|(index, value): (usize, _)| self.at(&format!("[{index}]"), items, value))
            })
            && (!schema.unique_items || unique(list))
    }

    fn object(&mut self, schema: &Schema, members: &Map<String, Value>) -> bool {
        let count = members.len();
        schema.min_properties.is_none_or(|least| count >= least)
            && schema.max_properties.is_none_or(|most| count <= most)
            && schema.required.iter().all(|name| members.contains_key(name))
            && members.iter().all(|(name, value)| {
                let property = schema.properties.get(name).copied().or(schema.additional);
                property.is_none_or(|property| self.at(&format!(".{name}"), property, value))
            })
    }

    fn combined(&mut self, schema: &Schema, value: &Value) -> bool {
        let all = schema.all_of.iter().all(|part| self.holds(*part, value));
        let any = schema.any_of.is_empty() || schema.any_of.iter().any(|part| self.tried(*part, value));
        all && any
            && (schema.one_of.is_empty() || schema.one_of.iter().filter(|part| self.tried(**part, value)).count() == 1)
            && schema.not.is_none_or(|not| !self.tried(not, value) && !self.is_exhausted())
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

/// 1 and 1.0 are the same value.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => compare(one, other) == Some(Ordering::Equal),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| equal(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        (one, other) => one == other,
    }
}

/// Members of objects are sorted by name, so equal values have one spelling; but for numbers, which get one.
fn unique(list: &[Value]) -> bool {
    let mut seen = BTreeSet::new();
    list.iter().all(|value| seen.insert(spelling(value)))
}

fn spelling(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, |number| format!("{number}"))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(spelling).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut parts: Vec<String> =
                members.iter().map(|(name, value)| format!("{name:?}:{}", spelling(value))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        other => other.to_string(),
    }
}
