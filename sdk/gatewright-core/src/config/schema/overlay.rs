//! What a route may lay over settings, as a schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Derives schemas of what may be laid over settings: no field is required, at any depth that merges.
pub(super) struct Overlay<'a> {
    definitions: &'a mut Map<String, Value>,
    /// Overlays that exist or are being made: types may refer to themselves.
    begun: BTreeSet<String>,
}

impl<'a> Overlay<'a> {
    const REFERENCE: &'static str = "#/$defs/";
    const PREFIX: &'static str = "Overlay.";

    /// What may be laid over settings of this schema. What it refers to is added to the definitions.
    pub(super) fn of(schema: &Value, definitions: &'a mut Map<String, Value>) -> Value {
        let mut this = Self { definitions, begun: BTreeSet::new() };
        let derived = this.derived(schema);
        this.share();
        referring(&derived, &|name| this.target(name))
    }

    fn derived(&mut self, schema: &Value) -> Value {
        let Value::Object(fields) = schema else { return schema.clone() };
        let mut out = Map::new();
        for (keyword, value) in fields {
            match keyword.as_str() {
                "required" => {}
                "$ref" => drop(out.insert(keyword.clone(), self.reference(value))),
                "properties" => drop(out.insert(keyword.clone(), self.each_field(value))),
                "allOf" | "anyOf" => drop(out.insert(keyword.clone(), self.each(value))),
                "oneOf" => {
                    let alternatives = self.each(value);
                    // With nothing required, several may hold at once.
                    let keyword = if alternatives == *value { "oneOf" } else { "anyOf" };
                    out.insert(keyword.to_owned(), alternatives);
                }
                "additionalProperties" => drop(out.insert(keyword.clone(), self.derived(value))),
                // A list replaces the whole field, so its items stay as they are.
                _ => drop(out.insert(keyword.clone(), value.clone())),
            }
        }
        Value::Object(out)
    }

    fn reference(&mut self, reference: &Value) -> Value {
        let Some(name) = reference.as_str().and_then(|text| text.strip_prefix(Self::REFERENCE)) else {
            return reference.clone();
        };
        let overlay = format!("{}{name}", Self::PREFIX);
        if self.begun.insert(overlay.clone())
            && let Some(definition) = self.definitions.get(name).cloned()
        {
            let derived = self.derived(&definition);
            self.definitions.insert(overlay.clone(), derived);
        }
        format!("{}{overlay}", Self::REFERENCE).into()
    }

    /// Removes overlays that say what their definition says, so that both can be one. They refer to each other: all are taken to be
    /// the same until one is seen to differ.
    fn share(&mut self) {
        loop {
            let differs = |name: &&String| {
                let overlay = self.definitions.get(*name).map(|overlay| referring(overlay, &|name| self.target(name)));
                overlay.as_ref() != name.strip_prefix(Self::PREFIX).and_then(|name| self.definitions.get(name))
            };
            let Some(other) = self.begun.iter().find(differs).cloned() else { break };
            self.begun.remove(&other);
        }
        for name in &self.begun {
            self.definitions.remove(name);
        }
        let shared: Map<_, _> = self
            .definitions
            .iter()
            .map(|(name, schema)| (name.clone(), referring(schema, &|name| self.target(name))))
            .collect();
        *self.definitions = shared;
    }

    /// What a reference to this overlay is to name: what `begun` still holds is the same as its definition.
    fn target<'n>(&self, name: &'n str) -> &'n str {
        let same = self.begun.contains(name);
        if same { name.strip_prefix(Self::PREFIX).unwrap_or(name) } else { name }
    }

    fn each(&mut self, schemas: &Value) -> Value {
        schemas
            .as_array()
            .map_or_else(|| schemas.clone(), |list| list.iter().map(|schema| self.derived(schema)).collect())
    }

    fn each_field(&mut self, fields: &Value) -> Value {
        let Value::Object(fields) = fields else { return fields.clone() };
        fields.iter().map(|(name, schema)| (name.clone(), self.derived(schema))).collect()
    }
}

/// The schema with other names of definitions in its references.
fn referring<'n>(schema: &'n Value, target: &dyn Fn(&'n str) -> &'n str) -> Value {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .map(|(keyword, value)| {
                let name = value.as_str().and_then(|text| text.strip_prefix(Overlay::REFERENCE));
                let value = match name {
                    Some(name) if keyword == "$ref" => format!("{}{}", Overlay::REFERENCE, target(name)).into(),
                    _ => referring(value, target),
                };
                (keyword.clone(), value)
            })
            .collect(),
        Value::Array(list) => list.iter().map(|schema| referring(schema, target)).collect(),
        other => other.clone(),
    }
}
