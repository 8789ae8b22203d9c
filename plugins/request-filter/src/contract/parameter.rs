//! Parameters: values that stand outside of the body (OpenAPI, section "Parameter Object").

use gatewright::config::ConfigError;
use serde_json::{Map, Value};

use super::document;
use super::schema::{Check, Compiler, Id, Schemas, Types};
use super::violation::Violation;

/// A declared parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    /// In lower case for a header field.
    pub(super) name: String,
    pub(super) location: Location,
    required: bool,
    allow_empty: bool,
    /// A list arrives as a parameter for each element.
    explode: bool,
    /// The value is a JSON document.
    json: bool,
    schema: Id,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Location {
    Path,
    Query,
    Header,
    Cookie,
}

impl Location {
    fn read(value: &Value) -> Result<Self, ConfigError> {
        match document::text(value)? {
            "path" => Ok(Self::Path),
            "query" => Ok(Self::Query),
            "header" => Ok(Self::Header),
            "cookie" => Ok(Self::Cookie),
            other => Err(ConfigError::new(format!("\"{other}\" is no place; write path, query, header or cookie"))),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }

    const fn style(self) -> &'static str {
        match self {
            Self::Path | Self::Header => "simple",
            Self::Query | Self::Cookie => "form",
        }
    }
}

const MEMBERS: &[&str] = &[
    "name",
    "in",
    "required",
    "schema",
    "content",
    "style",
    "explode",
    "allowEmptyValue",
    "allowReserved",
    "description",
    "deprecated",
    "example",
    "examples",
];

impl Parameter {
    /// Reads a parameter. None for header fields that OpenAPI says are not described as parameters.
    pub(super) fn compile<'a>(
        members: &'a Map<String, Value>,
        compiler: &mut Compiler<'a, '_>,
    ) -> Result<Option<Self>, ConfigError> {
        document::only(members, MEMBERS)?;
        let location = document::required(members, "in", Location::read)?;
        let name = document::required(members, "name", document::text)?;
        let flag = |key| document::optional(members, key, document::boolean).map(Option::unwrap_or_default);
        let (required, allow_empty) = (flag("required")?, flag("allowEmptyValue")?);
        if location == Location::Path && !required {
            return Err(ConfigError::at("required", "a parameter in the path is always there; write true"));
        }
        let name = if location == Location::Header { name.to_ascii_lowercase() } else { name.to_owned() };
        if location == Location::Header && ["accept", "content-type", "authorization"].contains(&name.as_str()) {
            return Ok(None);
        }
        document::optional(members, "style", |style| style_of(style, location))?;
        let explode = document::optional(members, "explode", document::boolean)?;
        let explode = explode.unwrap_or(true) && location.style() == "form";
        let (schema, json) = schema_of(members, compiler)?;
        Ok(Some(Self { name, location, required, allow_empty, explode, json, schema }))
    }

    /// Whether the other is this one, declared elsewhere.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.location == other.location && self.name == other.name
    }

    /// Checks the values that were sent under the name.
    pub(super) fn check(&self, sent: &[&[u8]], schemas: &Schemas) -> Result<(), Violation> {
        let refuse = |reason| Err(Violation::new(400, reason, format!("{}.{}", self.location.name(), self.name)));
        let listed = self.explode && !self.json && schemas.types(self.schema).has(Types::ARRAY);
        match sent {
            [] if self.required => return refuse("contract_parameter_missing"),
            [] => return Ok(()),
            [value] if value.is_empty() && self.allow_empty => return Ok(()),
            // Services disagree which of several counts.
            [_, _, ..] if !listed => return refuse("contract_parameter_repeated"),
            _ => {}
        }
        let Some(texts) = sent.iter().map(|value| std::str::from_utf8(value).ok()).collect::<Option<Vec<_>>>() else {
            return refuse("contract_parameter_invalid");
        };
        if self.holds(&texts, schemas) { Ok(()) } else { refuse("contract_parameter_invalid") }
    }

    fn holds(&self, texts: &[&str], schemas: &Schemas) -> bool {
        let mut check = Check::new(schemas);
        if self.json {
            let value = texts.first().and_then(|text| serde_json::from_str::<Value>(text).ok());
            return value.is_some_and(|value| check.holds(self.schema, &value));
        }
        if schemas.types(self.schema).has(Types::ARRAY) {
            let parts: Vec<&str> =
                if self.explode { texts.to_vec() } else { texts.iter().flat_map(|text| text.split(',')).collect() };
            let items = schemas.items(self.schema);
            let list = parts.iter().map(|part| best(part, items, schemas, &mut check)).collect();
            if check.holds(self.schema, &Value::Array(list)) {
                return true;
            }
        }
        texts.first().is_some_and(|text| {
            candidates(text, schemas.types(self.schema)).any(|value| check.holds(self.schema, &value))
        })
    }
}

/// What a text may mean to a schema that takes these types.
pub(super) fn candidates(text: &str, types: Types) -> impl Iterator<Item = Value> {
    let literal = match serde_json::from_str::<Value>(text) {
        Ok(value @ Value::Number(_)) if types.has(Types::NUMBER) || types.has(Types::INTEGER) => Some(value),
        Ok(value @ Value::Bool(_)) if types.has(Types::BOOLEAN) => Some(value),
        Ok(Value::Null) if types.has(Types::NULL) => Some(Value::Null),
        _ => None,
    };
    let string = types.has(Types::STRING).then(|| Value::String(text.to_owned()));
    literal.into_iter().chain(string)
}

/// The meaning of a text that the schema of an element takes, or else the text.
pub(super) fn best(text: &str, schema: Option<Id>, schemas: &Schemas, check: &mut Check<'_>) -> Value {
    let fit =
        schema.and_then(|schema| candidates(text, schemas.types(schema)).find(|value| check.holds(schema, value)));
    fit.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn style_of(style: &Value, location: Location) -> Result<(), ConfigError> {
    let (style, supported) = (document::text(style)?, location.style());
    if style == supported {
        return Ok(());
    }
    Err(ConfigError::new(format!("\"{style}\" is not supported in {}; write \"{supported}\"", location.name())))
}

fn schema_of<'a>(members: &'a Map<String, Value>, compiler: &mut Compiler<'a, '_>) -> Result<(Id, bool), ConfigError> {
    if members.contains_key("content") {
        return document::required(members, "content", |content| {
            let content = document::object(content)?;
            let [(media_type, value)] = content.iter().collect::<Vec<_>>()[..] else {
                return Err(ConfigError::new("has not one media type"));
            };
            if media_type != "application/json" {
                return Err(document::unsupported(media_type));
            }
            let schema = document::object(value)
                .and_then(|media| document::required(media, "schema", |schema| compiler.schema(schema)));
            schema.map(|schema| (schema, true)).map_err(|error| error.within(media_type))
        });
    }
    let schema = document::required(members, "schema", |value| {
        let schema = compiler.schema(value)?;
        if compiler.only_takes_objects(value) {
            return Err(ConfigError::new(
                "an object as a parameter is not supported; describe its members as parameters",
            ));
        }
        Ok(schema)
    })?;
    Ok((schema, false))
}
