//! Requests against the contract of the API.

use gatewright::Headers;
use gatewright::config::ConfigError;
use gatewright::syntax::query::pairs;
use serde_json::Value as Json;

use crate::config;
use crate::contract::{Contract, Found, Head, Options, Reading, Violation};
use crate::engine::Budget;
use crate::hygiene::Seen;
use crate::normalise::{Conditions, decode_component};
use crate::value::{Place, Value};
use crate::walk::{cookies, split_target};

/// Memory of the patterns of a document.
const PATTERN_MEMORY: usize = 16 * 1024 * 1024;

/// A compiled contract.
pub(crate) struct Conformity {
    contract: Contract,
    /// Violations are told and decide nothing.
    pub(crate) shadow: bool,
}

/// What a contract needs of a body.
#[derive(Default)]
pub(crate) struct Collected {
    bytes: Vec<u8>,
    /// Parameters of a form, with the names of files.
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
    /// All of the body was read.
    pub(crate) whole: bool,
}

impl Conformity {
    pub(crate) fn new(settings: &config::Contract) -> Result<Self, ConfigError> {
        let options = Options { refuse_unknown_parameters: settings.refuse_unknown_parameters };
        let document = Json::Object(settings.document.clone());
        let contract = Contract::compile(&document, options, &mut Budget::new(PATTERN_MEMORY))
            .map_err(|error| error.within("document").within("contract"))?;
        Ok(Self { contract, shadow: settings.shadow })
    }

    /// Formats that the document names and nobody checks.
    pub(crate) fn unchecked_formats(&self) -> &[String] {
        self.contract.unchecked_formats()
    }

    /// The operation that a request asks for, if its head is as the contract says.
    pub(crate) fn head(&self, seen: &Seen<'_>, headers: &Headers) -> Result<Found<'_>, Violation> {
        let (path, query) = split_target(seen.path);
        let found = self.contract.operation(seen.method, path)?;
        let mut conditions = Conditions::default();
        let mut decoded = |bytes, plus| decode_component(bytes, plus, &mut conditions).into_owned();
        let query = pairs(query).map(|(name, value)| (decoded(name, true), decoded(value, true))).collect::<Vec<_>>();
        let lines = headers.all("cookie");
        let cookies =
            lines.flat_map(cookies).map(|(name, value)| (name.to_vec(), decoded(value, false))).collect::<Vec<_>>();
        let headers = headers.iter().collect::<Vec<_>>();
        let head = Head { query: &borrowed(&query), headers: &headers, cookies: &borrowed(&cookies) };
        found.check_head(&head)?;
        Ok(found)
    }
}

impl Collected {
    pub(crate) fn piece(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn value(&mut self, value: &Value<'_>) {
        if matches!(value.place, Place::Form | Place::FileName) {
            self.parameters.push((value.name.to_vec(), value.decoded.to_vec()));
        }
    }

    /// Whether the body is as the operation says.
    pub(crate) fn check(&self, found: &Found<'_>, content_type: Option<&[u8]>) -> Result<(), Violation> {
        let has_body = !self.bytes.is_empty() || !self.whole;
        match found.check_content_type(content_type, has_body)? {
            Reading::Nothing => Ok(()),
            // What was not read cannot be as described.
            _ if !self.whole => Err(Violation::unread()),
            Reading::Json => found.check_json(content_type, &self.bytes),
            Reading::Form => found.check_form(content_type, &borrowed(&self.parameters)),
        }
    }
}

fn borrowed(pairs: &[(Vec<u8>, Vec<u8>)]) -> Vec<(&[u8], &[u8])> {
    pairs.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect()
}
