//! From the document to [`Schemas`].

use std::collections::HashMap;

use gatewright::config::ConfigError;
use serde_json::Value;

use super::super::document::{self, Document};
use super::{Id, Schema, Schemas, keywords};
use crate::engine::Budget;

/// Schemas of a document, all together.
const MAX_SCHEMAS: usize = 20_000;
/// Formats that are told.
const MAX_FORMATS: usize = 64;
/// Schemas that apply to the same value, one through the other.
const MAX_CHAIN: usize = 32;

/// Compiles the schemas of a document. What references point to is compiled once.
#[derive(Debug)]
pub(in super::super) struct Compiler<'a, 'b> {
    document: Document<'a>,
    pub(super) budget: &'b mut Budget,
    schemas: Vec<Schema>,
    referenced: HashMap<&'a str, Id>,
    /// References whose target is still to be compiled.
    pending: Vec<(Id, &'a str)>,
    /// Formats that are not checked.
    unchecked_formats: Vec<&'a str>,
}

impl<'a, 'b> Compiler<'a, 'b> {
    pub(in super::super) fn new(document: &'a Value, budget: &'b mut Budget) -> Self {
        let document = Document(document);
        Self {
            document,
            budget,
            schemas: Vec::new(),
            referenced: HashMap::new(),
            pending: Vec::new(),
            unchecked_formats: Vec::new(),
        }
    }

    /// Compiles a schema.
    pub(in super::super) fn schema(&mut self, value: &'a Value) -> Result<Id, ConfigError> {
        let id = self.room()?;
        self.fill(id, value)?;
        Ok(id)
    }

    /// Whether a schema says that it takes an object and nothing else.
    pub(in super::super) fn only_takes_objects(&self, value: &'a Value) -> bool {
        self.document.follow(value).is_ok_and(|schema| {
            schema.get("type").and_then(Value::as_str) == Some("object")
                || !schema.contains_key("type") && schema.contains_key("properties")
        })
    }

    /// Notes a format that asks for nothing, since it is not known here.
    pub(super) fn note_unchecked_format(&mut self, name: &'a str) {
        if self.unchecked_formats.len() < MAX_FORMATS && !self.unchecked_formats.contains(&name) {
            self.unchecked_formats.push(name);
        }
    }

    /// Compiles what references point to, and checks that no schema applies to a value by way of itself. Beside the schemas comes
    /// which formats are not checked.
    pub(in super::super) fn finish(mut self) -> Result<(Schemas, Vec<String>), ConfigError> {
        while let Some((id, reference)) = self.pending.pop() {
            let filled = self.document.target(reference).and_then(|target| self.fill(id, target));
            filled.map_err(|error| within_pointer(error, reference))?;
        }
        let schemas = Schemas(self.schemas);
        let mut lengths = vec![None; schemas.0.len()];
        for id in 0..schemas.0.len() {
            chain(&schemas, Id(id), MAX_CHAIN, &mut lengths).ok_or_else(|| {
                let message =
                    format!("schemas refer to themselves, or more than {MAX_CHAIN} to each other, for the same value");
                ConfigError::new(message).within("components")
            })?;
        }
        Ok((schemas, self.unchecked_formats.into_iter().map(str::to_owned).collect()))
    }

    /// The schema that a reference points to.
    pub(super) fn reference(&mut self, reference: &'a str) -> Result<Id, ConfigError> {
        if let Some(known) = self.referenced.get(reference) {
            return Ok(*known);
        }
        self.document.target(reference)?;
        let id = self.room()?;
        self.referenced.insert(reference, id);
        self.pending.push((id, reference));
        Ok(id)
    }

    fn room(&mut self) -> Result<Id, ConfigError> {
        let id = Id(self.schemas.len());
        if id.0 >= MAX_SCHEMAS {
            return Err(ConfigError::new(format!("there are more than {MAX_SCHEMAS} schemas")));
        }
        self.schemas.push(Schema::default());
        Ok(id)
    }

    fn fill(&mut self, id: Id, value: &'a Value) -> Result<(), ConfigError> {
        let schema = match value {
            Value::Bool(all) => Schema { never: !all, ..Schema::default() },
            _ => keywords::compile(document::object(value)?, self)?,
        };
        if let Some(place) = self.schemas.get_mut(id.0) {
            *place = schema;
        }
        Ok(())
    }
}

fn within_pointer(error: ConfigError, reference: &str) -> ConfigError {
    let keys = reference.trim_start_matches("#/").rsplit('/');
    keys.fold(error, |error, key| error.within(&key.replace("~1", "/").replace("~0", "~")))
}

/// How many schemas follow each other for the same value; none if too many.
fn chain(schemas: &Schemas, id: Id, left: usize, lengths: &mut Vec<Option<usize>>) -> Option<usize> {
    if let Some(length) = lengths.get(id.0).copied().flatten() {
        return (length <= left).then_some(length);
    }
    let left = left.checked_sub(1)?;
    let schema = schemas.get(id)?;
    let mut longest = 0;
    for part in schema.parts() {
        longest = longest.max(chain(schemas, *part, left, lengths)?);
    }
    let length = longest.saturating_add(1);
    if let Some(known) = lengths.get_mut(id.0) {
        *known = Some(length);
    }
    Some(length)
}
