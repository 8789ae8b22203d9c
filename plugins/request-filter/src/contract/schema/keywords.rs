//! Keywords of a schema object.

use gatewright::config::ConfigError;
use serde_json::{Map, Number, Value};

use super::super::document::{self, boolean, count, list, text};
use super::format::Format;
use super::pattern::Pattern;
use super::{Bound, Branches, Compiler, Contains, Id, Schema, Types};

/// Keywords that ask for nothing.
const ANNOTATIONS: &[&str] = &[
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "externalDocs",
    "xml",
    "discriminator",
    "readOnly",
    "writeOnly",
    "$comment",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    // Schemas to refer to.
    "$defs",
];
/// Keywords that another one takes with it.
const TAKEN_ALONG: &[&str] =
    &["exclusiveMinimum", "exclusiveMaximum", "nullable", "then", "else", "minContains", "maxContains"];

/// Compiles a schema object.
pub(super) fn compile<'a>(
    members: &'a Map<String, Value>,
    compiler: &mut Compiler<'a, '_>,
) -> Result<Schema, ConfigError> {
    let mut schema = Schema::default();
    for (key, value) in members {
        let known = number(&mut schema, key, value)
            .and_then(|known| Ok(known || string(&mut schema, key, value, compiler)?))
            .and_then(|known| Ok(known || list_of(&mut schema, key, value, compiler)?))
            .and_then(|known| Ok(known || object(&mut schema, key, value, compiler)?))
            .and_then(|known| Ok(known || members_by_name(&mut schema, key, value, compiler)?))
            .and_then(|known| Ok(known || any(&mut schema, key, value, compiler)?))
            .map_err(|error| error.within(key))?;
        let harmless =
            ANNOTATIONS.contains(&key.as_str()) || TAKEN_ALONG.contains(&key.as_str()) || key.starts_with("x-");
        if !known && !harmless {
            return Err(document::unsupported(key));
        }
    }
    schema.minimum = bound(schema.minimum, members, "exclusiveMinimum", true)?;
    schema.maximum = bound(schema.maximum, members, "exclusiveMaximum", false)?;
    if document::optional(members, "nullable", boolean)? == Some(true) {
        schema.types = schema.types.map(|types| types.or(Types::NULL));
    }
    schema.contains = contains(members, compiler)?;
    schema.condition = condition(members, compiler)?;
    optional_in_requests(&mut schema, members);
    Ok(schema)
}

fn number(schema: &mut Schema, key: &str, value: &Value) -> Result<bool, ConfigError> {
    let inclusive = |value| Ok::<_, ConfigError>(Some(Bound { limit: numeric(value)?, exclusive: false }));
    match key {
        "minimum" => schema.minimum = inclusive(value)?,
        "maximum" => schema.maximum = inclusive(value)?,
        "multipleOf" => {
            let number = numeric(value)?;
            if number.as_f64().is_none_or(|number| number <= 0.0) {
                return Err(ConfigError::new(format!("{number} is not above 0")));
            }
            schema.multiple_of = Some(number);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn string<'a>(
    schema: &mut Schema,
    key: &str,
    value: &'a Value,
    compiler: &mut Compiler<'a, '_>,
) -> Result<bool, ConfigError> {
    match key {
        "minLength" => schema.min_length = Some(count(value)?),
        "maxLength" => schema.max_length = Some(count(value)?),
        "pattern" => schema.pattern = Some(Pattern::compile(text(value)?, compiler.budget)?),
        "format" => {
            let name = text(value)?;
            schema.format = Format::read(name);
            if schema.format.is_none() {
                compiler.note_unchecked_format(name);
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn list_of<'a>(
    schema: &mut Schema,
    key: &str,
    value: &'a Value,
    compiler: &mut Compiler<'a, '_>,
) -> Result<bool, ConfigError> {
    match key {
        "items" => schema.items = Some(compiler.schema(value)?),
        "prefixItems" => schema.prefix_items = list(value, |value| compiler.schema(value))?,
        // Compiled with what belongs to it.
        "contains" => {}
        "minItems" => schema.min_items = Some(count(value)?),
        "maxItems" => schema.max_items = Some(count(value)?),
        "uniqueItems" => schema.unique_items = boolean(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn object<'a>(
    schema: &mut Schema,
    key: &str,
    value: &'a Value,
    compiler: &mut Compiler<'a, '_>,
) -> Result<bool, ConfigError> {
    match key {
        "propertyNames" => schema.names = Some(compiler.schema(value)?),
        "required" => schema.required = texts(value)?,
        "additionalProperties" => schema.additional = Some(compiler.schema(value)?),
        "minProperties" => schema.min_properties = Some(count(value)?),
        "maxProperties" => schema.max_properties = Some(count(value)?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn members_by_name<'a>(
    schema: &mut Schema,
    key: &str,
    value: &'a Value,
    compiler: &mut Compiler<'a, '_>,
) -> Result<bool, ConfigError> {
    type Put<'a, 'b> = fn(&mut Schema, &str, &'a Value, &mut Compiler<'a, 'b>) -> Result<(), ConfigError>;
    let put: Put<'a, '_> = match key {
        "properties" => |schema, name, value, compiler| {
            schema.properties.insert(name.to_owned(), compiler.schema(value)?);
            Ok(())
        },
        "patternProperties" => |schema, pattern, value, compiler| {
            let compiled = Pattern::compile(pattern, compiler.budget)?;
            schema.pattern_properties.push((compiled, compiler.schema(value)?));
            Ok(())
        },
        "dependentRequired" => |schema, name, value, _| {
            schema.needed_with.push((name.to_owned(), texts(value)?));
            Ok(())
        },
        "dependentSchemas" => |schema, name, value, compiler| {
            schema.with_member.push((name.to_owned(), compiler.schema(value)?));
            Ok(())
        },
        _ => return Ok(false),
    };
    for (name, value) in document::object(value)? {
        put(schema, name, value, compiler).map_err(|error| error.within(name))?;
    }
    Ok(true)
}

fn texts(value: &Value) -> Result<Vec<String>, ConfigError> {
    list(value, |name| text(name).map(str::to_owned))
}

/// `contains` with its numbers, which mean nothing without it.
fn contains<'a>(
    members: &'a Map<String, Value>,
    compiler: &mut Compiler<'a, '_>,
) -> Result<Option<Contains>, ConfigError> {
    let element = document::optional(members, "contains", |value| compiler.schema(value))?;
    let least = document::optional(members, "minContains", count)?.unwrap_or(1);
    let most = document::optional(members, "maxContains", count)?.unwrap_or(usize::MAX);
    Ok(element.map(|element| Contains { element, least, most }))
}

/// `if` with its branches, which mean nothing without it.
fn condition<'a>(
    members: &'a Map<String, Value>,
    compiler: &mut Compiler<'a, '_>,
) -> Result<Option<(Id, Branches)>, ConfigError> {
    let mut branch = |key| document::optional(members, key, |value| compiler.schema(value));
    let (condition, then, otherwise) = (branch("if")?, branch("then")?, branch("else")?);
    Ok(condition.map(|condition| (condition, Branches { then, otherwise })))
}

fn any<'a>(
    schema: &mut Schema,
    key: &str,
    value: &'a Value,
    compiler: &mut Compiler<'a, '_>,
) -> Result<bool, ConfigError> {
    let mut several = |value| {
        let schemas = list(value, |value| compiler.schema(value))?;
        if schemas.is_empty() { Err(ConfigError::new("is empty; write at least one schema")) } else { Ok(schemas) }
    };
    match key {
        "type" => schema.types = Some(Types::read(value)?),
        "enum" => schema.values = Some(list(value, |value| Ok(value.clone()))?),
        "const" => schema.values = Some(vec![value.clone()]),
        "allOf" => schema.all_of.extend(several(value)?),
        "anyOf" => schema.any_of = several(value)?,
        "oneOf" => schema.one_of = several(value)?,
        // Compiled with its branches.
        "if" => {}
        "not" => schema.not = Some(compiler.schema(value)?),
        "$ref" => schema.all_of.push(compiler.reference(text(value)?)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// `exclusiveMinimum` is a number in 3.1, and says how `minimum` is meant in 3.0.
fn bound(
    inclusive: Option<Bound>,
    members: &Map<String, Value>,
    key: &str,
    lower: bool,
) -> Result<Option<Bound>, ConfigError> {
    let exclusive = match members.get(key) {
        None => return Ok(inclusive),
        Some(Value::Bool(exclusive)) => return Ok(inclusive.map(|bound| Bound { exclusive: *exclusive, ..bound })),
        Some(other) => Bound { limit: numeric(other).map_err(|error| error.within(key))?, exclusive: true },
    };
    let Some(inclusive) = inclusive else { return Ok(Some(exclusive)) };
    let order = super::number::compare(&inclusive.limit, &exclusive.limit);
    let inclusive_is_stricter =
        if lower { order.is_some_and(|order| order.is_gt()) } else { order.is_some_and(|order| order.is_lt()) };
    Ok(Some(if inclusive_is_stricter { inclusive } else { exclusive }))
}

fn numeric(value: &Value) -> Result<Number, ConfigError> {
    match value {
        Value::Number(number) => Ok(number.clone()),
        other => Err(ConfigError::new(format!("{other} is not a number"))),
    }
}

/// OpenAPI 3.0, section "Fixed Fields" of the Schema Object: what is `readOnly` and `required` is required in responses only.
fn optional_in_requests(schema: &mut Schema, members: &Map<String, Value>) {
    let Some(properties) = members.get("properties").and_then(Value::as_object) else { return };
    let read_only =
        |name: &String| properties.get(name).and_then(|property| property.get("readOnly")) == Some(&Value::Bool(true));
    schema.required.retain(|name| !read_only(name));
}
