//! Request bodies (OpenAPI, sections "Request Body Object" and "Media Type Object").

use gatewright::config::ConfigError;
use serde_json::{Map, Value};

use super::document;
use super::parameter::best;
use super::schema::{Check, Compiler, Id, Types};
use super::{Found, Violation};
use crate::body::media_type::MediaType;

/// What an operation takes as body.
#[derive(Debug)]
pub(super) struct RequestBody {
    required: bool,
    /// By essence, such as `application/json`, `text/*` or `*/*`.
    content: Vec<(String, Option<Id>)>,
}

/// What has to be read of a body to check it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Nothing.
    Nothing,
    /// All of it, as JSON, for [`Found::check_json`].
    Json,
    /// Its parameters, for [`Found::check_form`].
    Form,
}

impl RequestBody {
    pub(super) fn compile<'a>(
        members: &'a Map<String, Value>,
        compiler: &mut Compiler<'a, '_>,
    ) -> Result<Self, ConfigError> {
        document::only(members, &["description", "content", "required"])?;
        let required = document::optional(members, "required", document::boolean)?.unwrap_or_default();
        let content = document::required(members, "content", |content| {
            let types = document::object(content)?.iter();
            let read = types.map(|(name, value)| media(name, value, compiler).map_err(|error| error.within(name)));
            read.collect::<Result<Vec<_>, _>>()
        })?;
        Ok(Self { required, content })
    }

    /// The entry for a media type: itself before `text/*` before `*/*`.
    fn entry(&self, media_type: &MediaType) -> Option<(&str, Option<Id>)> {
        let essence = media_type.essence();
        let range = essence.split('/').next().map(|top| format!("{top}/*")).unwrap_or_default();
        [essence.as_str(), &range, "*/*"].into_iter().find_map(|wanted| {
            let (name, schema) = self.content.iter().find(|(name, _)| name == wanted)?;
            Some((name.as_str(), *schema))
        })
    }
}

fn media<'a>(
    name: &str,
    value: &'a Value,
    compiler: &mut Compiler<'a, '_>,
) -> Result<(String, Option<Id>), ConfigError> {
    let members = document::object(value)?;
    document::only(members, &["schema", "example", "examples", "encoding"])?;
    let name = name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let schema = document::optional(members, "schema", |schema| compiler.schema(schema))?;
    Ok((name, schema))
}

impl Found<'_> {
    /// Whether the body may be there, or missing, with this `content-type`; and what has to be read of it.
    ///
    /// # Errors
    /// `contract_body_missing` or `contract_body_unexpected` (400), `contract_media_type` (415).
    pub fn check_content_type(&self, content_type: Option<&[u8]>, has_body: bool) -> Result<Reading, Violation> {
        let Some(body) = &self.operation.body else {
            let fits = if has_body {
                Err(Violation::new(400, "contract_body_unexpected", "body"))
            } else {
                Ok(Reading::Nothing)
            };
            return fits;
        };
        if !has_body {
            let missing = Violation::new(400, "contract_body_missing", "body");
            return if body.required { Err(missing) } else { Ok(Reading::Nothing) };
        }
        let media_type = content_type.and_then(MediaType::parse);
        let entry = media_type.as_ref().and_then(|media_type| Some((media_type, body.entry(media_type)?)));
        let (media_type, (_, schema)) =
            entry.ok_or(Violation::new(415, "contract_media_type", "header.content-type"))?;
        let form = media_type.is("application", "x-www-form-urlencoded") || media_type.is("multipart", "form-data");
        Ok(match schema {
            Some(_) if media_type.is_json() => Reading::Json,
            Some(_) if form => Reading::Form,
            _ => Reading::Nothing,
        })
    }

    /// Checks a JSON body that [`check_content_type`](Self::check_content_type) asked for. It should have been read by
    /// [`Json`](crate::body::json::Json) before: that refuses names that stand twice, of which one would be checked here.
    ///
    /// # Errors
    /// `contract_body_malformed` or `contract_body_invalid` (400), `contract_too_complex` (413).
    pub fn check_json(&self, content_type: Option<&[u8]>, body: &[u8]) -> Result<(), Violation> {
        let value = serde_json::from_slice::<Value>(body);
        let value = value.map_err(|_| Violation::new(400, "contract_body_malformed", "body"))?;
        self.check_value(content_type, &value)
    }

    /// Checks the parameters of a form or of a multipart body; a file counts as its name, or any other text.
    ///
    /// # Errors
    /// As [`check_json`](Self::check_json).
    pub fn check_form(&self, content_type: Option<&[u8]>, parameters: &[(&[u8], &[u8])]) -> Result<(), Violation> {
        let Some(schema) = self.schema(content_type) else { return Ok(()) };
        let mut check = Check::new(self.schemas);
        let mut members = Map::new();
        for (name, value) in parameters {
            let texts = (std::str::from_utf8(name).ok()).zip(std::str::from_utf8(value).ok());
            let (name, value) = texts.ok_or(Violation::new(400, "contract_body_malformed", "body"))?;
            let property = self.schemas.property(schema, name);
            let list = property.filter(|property| self.schemas.types(*property).has(Types::ARRAY));
            let element = list.map_or(property, |list| self.schemas.items(list));
            let value = best(value, element, self.schemas, &mut check);
            match (members.get_mut(name), list) {
                (Some(Value::Array(known)), Some(_)) => known.push(value),
                (Some(_), _) => return Err(Violation::new(400, "contract_parameter_repeated", "body")),
                (None, Some(_)) => drop(members.insert(name.to_owned(), Value::Array(vec![value]))),
                (None, None) => drop(members.insert(name.to_owned(), value)),
            }
        }
        self.check_value(content_type, &Value::Object(members))
    }

    fn check_value(&self, content_type: Option<&[u8]>, value: &Value) -> Result<(), Violation> {
        let Some(schema) = self.schema(content_type) else { return Ok(()) };
        let mut check = Check::new(self.schemas);
        if check.holds(schema, value) {
            return Ok(());
        }
        let (status, reason) =
            if check.is_exhausted() { (413, "contract_too_complex") } else { (400, "contract_body_invalid") };
        Err(Violation::new(status, reason, format!("body{}", check.place())))
    }

    fn schema(&self, content_type: Option<&[u8]>) -> Option<Id> {
        let media_type = MediaType::parse(content_type?)?;
        self.operation.body.as_ref()?.entry(&media_type)?.1
    }
}
