//! Requests against an OpenAPI document (3.0 or 3.1): the operation must be there, and its parameters and body as described.
//!
//! What the document says and this module does not check is refused when it is compiled, by its path. Not about requests, and so left
//! alone, are `responses`, `callbacks`, `webhooks` and `security`; and annotations, such as `title`, `example`, `discriminator` and
//! what begins with `x-`.

mod body;
mod document;
mod head;
mod operation;
mod parameter;
mod paths;
mod schema;
mod violation;

use gatewright::config::ConfigError;
use serde_json::{Map, Value};

use crate::engine::Budget;
use document::Document;
use operation::Operation;
use paths::{Paths, Variables};
use schema::{Compiler, Schemas};

pub use body::Reading;
pub use head::Head;
pub use violation::Violation;

/// A compiled document.
#[derive(Debug)]
pub struct Contract {
    schemas: Schemas,
    paths: Paths,
    unchecked_formats: Vec<String>,
}

/// What the document leaves open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Query parameters that the operation does not declare are refused. OpenAPI allows them.
    pub refuse_unknown_parameters: bool,
}

/// The operation that a request asks for.
#[derive(Debug)]
pub struct Found<'a> {
    schemas: &'a Schemas,
    operation: &'a Operation,
    /// What stands for the path's variables, decoded, by name.
    variables: Variables<'a>,
}

impl Contract {
    /// Compiles a document. Patterns take memory from the budget.
    ///
    /// # Errors
    /// What is wrong or not supported, by its path in the document.
    pub fn compile(document: &Value, options: Options, budget: &mut Budget) -> Result<Self, ConfigError> {
        let root = document::object(document)?;
        version(root)?;
        document::only(root, ROOT)?;
        let mut compiler = Compiler::new(document, budget);
        let prefixes = document::optional(root, "servers", servers)?.unwrap_or_else(|| vec![String::new()]);
        let paths = document::required(root, "paths", |value| {
            operation::paths(value, Document(document), options, &prefixes, &mut compiler)
        })?;
        let (schemas, unchecked_formats) = compiler.finish()?;
        Ok(Self { schemas, paths, unchecked_formats })
    }

    /// Values of `format` that are not known here. They ask for nothing (OpenAPI, section "Data Type Format").
    #[must_use]
    pub fn unchecked_formats(&self) -> &[String] {
        &self.unchecked_formats
    }

    /// The operation of a method and a path as sent, without query.
    ///
    /// # Errors
    /// `contract_unknown_path` (404) or `contract_unknown_method` (405).
    pub fn operation(&self, method: &[u8], path: &[u8]) -> Result<Found<'_>, Violation> {
        let (item, variables) = self.paths.find(path).ok_or(Violation::new(404, "contract_unknown_path", "path"))?;
        let operation = item.operation(method).ok_or(Violation::new(405, "contract_unknown_method", "method"))?;
        Ok(Found { schemas: &self.schemas, operation, variables })
    }
}

const ROOT: &[&str] =
    &["openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs", "webhooks"];

fn version(root: &Map<String, Value>) -> Result<(), ConfigError> {
    let version = root.get("openapi").and_then(Value::as_str).unwrap_or_default();
    if version.starts_with("3.0.") || version.starts_with("3.1.") {
        return Ok(());
    }
    let found = if version.is_empty() { "there is no version".to_owned() } else { format!("version \"{version}\"") };
    Err(ConfigError::at("openapi", format!("{found}; a document of OpenAPI 3.0 or 3.1 is needed, such as \"3.1.0\"")))
}

/// The paths of the servers' URLs: each is a prefix of every path.
fn servers(value: &Value) -> Result<Vec<String>, ConfigError> {
    document::list(value, |server| document::required(document::object(server)?, "url", prefix))
}

fn prefix(url: &Value) -> Result<String, ConfigError> {
    let url = document::text(url)?;
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default(),
        None => url,
    };
    let path = path.trim_end_matches('/');
    if path.contains(['{', '}', '?', '#']) || !(path.is_empty() || path.starts_with('/')) {
        return Err(ConfigError::new(format!(
            "\"{url}\" has no fixed path; write it without variables, such as \"/v1\""
        )));
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests;
