//! Operations: what a path offers by method.

use std::collections::HashMap;

use gatewright::config::ConfigError;
use serde_json::{Map, Value};

use super::Options;
use super::body::RequestBody;
use super::document::{self, Document};
use super::parameter::{Location, Parameter};
use super::paths::{Paths, Template};
use super::schema::Compiler;

/// The operations of one path.
#[derive(Debug, Default)]
pub(super) struct Item {
    operations: HashMap<&'static str, Operation>,
}

/// What a request of one method and path may hold.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<RequestBody>,
    pub(super) refuse_unknown_parameters: bool,
}

impl Item {
    /// The operation of a method as sent.
    pub(super) fn operation(&self, method: &[u8]) -> Option<&Operation> {
        let (name, _) = METHODS.iter().find(|(_, sent)| sent.as_bytes() == method)?;
        self.operations.get(name)
    }
}

const METHODS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("patch", "PATCH"),
    ("trace", "TRACE"),
];
/// Members of a path item besides methods.
const ITEM: &[&str] = &[
    "$ref",
    "summary",
    "description",
    "parameters",
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
];
/// Members of an operation; those after the first two say nothing about requests, or nothing that is checked here.
const OPERATION: &[&str] = &[
    "parameters",
    "requestBody",
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "responses",
    "callbacks",
    "deprecated",
    "security",
];

/// Reads `paths`.
pub(super) fn paths<'a>(
    value: &'a Value,
    document: Document<'a>,
    options: Options,
    prefixes: &[String],
    compiler: &mut Compiler<'a, '_>,
) -> Result<Paths, ConfigError> {
    let mut paths = Paths::default();
    for (path, value) in document::object(value)? {
        if path.starts_with("x-") {
            continue;
        }
        let item = Template::names(path).and_then(|names| item(value, &names, document, options, compiler));
        item.and_then(|item| paths.add(path, prefixes, item)).map_err(|error| error.within(path))?;
    }
    Ok(paths)
}

fn item<'a>(
    value: &'a Value,
    names: &[String],
    document: Document<'a>,
    options: Options,
    compiler: &mut Compiler<'a, '_>,
) -> Result<Item, ConfigError> {
    let members = document.follow(value)?;
    document::only(members, ITEM)?;
    let mut item = Item::default();
    for (name, _) in METHODS {
        let operation = document::optional(members, name, |value| {
            let operation = document::object(value)?;
            document::only(operation, OPERATION)?;
            let parameters = all_parameters(members, operation, document, compiler)?;
            declared(names, &parameters)?;
            let body = document::optional(operation, "requestBody", |body| {
                RequestBody::compile(document.follow(body)?, compiler)
            })?;
            Ok(Operation { parameters, body, refuse_unknown_parameters: options.refuse_unknown_parameters })
        })?;
        if let Some(operation) = operation {
            item.operations.insert(name, operation);
        }
    }
    Ok(item)
}

/// Those of the operation, and those of the path that it does not declare anew.
fn all_parameters<'a>(
    item: &'a Map<String, Value>,
    operation: &'a Map<String, Value>,
    document: Document<'a>,
    compiler: &mut Compiler<'a, '_>,
) -> Result<Vec<Parameter>, ConfigError> {
    let mut read = |members: &'a Map<String, Value>| {
        let list = document::optional(members, "parameters", |list| {
            document::list(list, |value| Parameter::compile(document.follow(value)?, compiler))
        })?;
        Ok::<_, ConfigError>(list.unwrap_or_default().into_iter().flatten().collect::<Vec<_>>())
    };
    let mut parameters = read(operation)?;
    for common in read(item)? {
        if !parameters.iter().any(|own| own.is_same_as(&common)) {
            parameters.push(common);
        }
    }
    Ok(parameters)
}

/// Every variable of the path is declared, and no other.
fn declared(names: &[String], parameters: &[Parameter]) -> Result<(), ConfigError> {
    let in_path = |parameter: &&Parameter| parameter.location == Location::Path;
    if let Some(name) = names.iter().find(|name| !parameters.iter().filter(in_path).any(|known| known.name == **name)) {
        return Err(ConfigError::new(format!("the path's variable \"{name}\" is not among the parameters"))
            .within("parameters"));
    }
    match parameters.iter().filter(in_path).find(|parameter| !names.contains(&parameter.name)) {
        Some(other) => {
            let message = format!("the path has no variable \"{}\"", other.name);
            Err(ConfigError::new(message).within("parameters"))
        }
        None => Ok(()),
    }
}
