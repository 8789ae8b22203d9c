//! The values of a request's head, one by one.

use std::borrow::Cow;

use gatewright::Headers;
use gatewright::bytes::split_once;
use gatewright::syntax::{cookie, query};

use crate::engine::{Engine, Hits};
use crate::hygiene::{Limits, Seen};
use crate::normalise::{Conditions, canonical_host, canonical_path, decode_component};
use crate::readings::{self, Cookie};
use crate::value::{Place, Refusal, Value};

/// Shows values to all tests, and refuses those whose spelling is not accepted.
pub(crate) struct Walk<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) limits: &'a Limits,
    /// Oddities that are refused in a path.
    pub(crate) refused_in_path: Conditions,
    /// Oddities that are refused in values and their names.
    pub(crate) refused_in_values: Conditions,
}

impl Walk<'_> {
    /// The method, the host, the path, the query, header fields and cookies.
    pub(crate) fn head(&self, seen: &Seen<'_>, headers: &Headers, hits: &mut Hits) -> Result<(), Refusal> {
        let (path, query) = split_target(seen.path);
        self.limits.target(path, query)?;
        self.engine.inspect_forms(Place::Method, seen.method, seen.method, None, hits);
        self.host(seen.authority, hits);
        self.path(path, hits)?;
        self.query(query, hits)?;
        self.headers(headers, hits)
    }

    /// Shows one value, with its name if it has a place of its own.
    pub(crate) fn value(&self, value: &Value<'_>, hits: &mut Hits) -> Result<(), Refusal> {
        let conditions = self.engine.inspect(value, hits);
        refuse(conditions, self.refused_in_values)?;
        if matches!(value.place, Place::Query | Place::Form) && self.engine.looks_by_name(value.place) {
            for (name, other) in readings::parameters(value.raw) {
                let name = name.map(|name| decode_component(name, true, &mut Conditions::default()));
                self.by_name(value.place, name.as_deref().unwrap_or(value.name), other, true, hits);
            }
        }
        Ok(())
    }

    /// Shows a value that is there to some services only to tests that ask for its name.
    fn by_name(&self, place: Place, name: &[u8], value: &[u8], plus: bool, hits: &mut Hits) {
        let decoded = decode_component(value, plus, &mut Conditions::default());
        self.engine.look_by_name(&Value { place, name, raw: value, decoded: &decoded }, hits);
    }

    fn host(&self, authority: &[u8], hits: &mut Hits) {
        if self.engine.looks_at(Place::Host) {
            let host = canonical_host(authority);
            // The raw form has the port.
            self.engine.inspect_forms(Place::Host, authority, &host, None, hits);
        }
    }

    fn path(&self, path: &[u8], hits: &mut Hits) -> Result<(), Refusal> {
        let canonical = canonical_path(path);
        refuse(canonical.conditions, self.refused_in_path)?;
        let with_parameters = canonical.with_parameters.as_deref();
        self.engine.inspect_forms(Place::Path, path, &canonical.path, with_parameters, hits);
        Ok(())
    }

    fn query(&self, query: &[u8], hits: &mut Hits) -> Result<(), Refusal> {
        if query.is_empty() {
            return Ok(());
        }
        for (index, (name, value)) in query::pairs(query).enumerate() {
            self.limits.parameters(index + 1)?;
            self.limits.parameter(name, value)?;
            self.pair([Place::QueryName, Place::Query], name, value, true, hits)?;
        }
        Ok(())
    }

    fn headers(&self, headers: &Headers, hits: &mut Hits) -> Result<(), Refusal> {
        let mut count = 0;
        for line in headers.all("cookie") {
            self.cookies(line, &mut count, hits)?;
        }
        if self.engine.looks_at_all(Place::Header) {
            let fields = headers.iter().filter(|(name, _)| !name.starts_with(b":"));
            fields.for_each(|(name, value)| self.header(name, value, hits));
            return Ok(());
        }
        // Few names are asked for, and the list finds each quickly.
        for name in self.engine.names(Place::Header).filter(|name| !name.starts_with(b":")) {
            let text = std::str::from_utf8(name).unwrap_or_default();
            headers.all(text).for_each(|value| self.header(name, value, hits));
        }
        Ok(())
    }

    fn header(&self, name: &[u8], value: &[u8], hits: &mut Hits) {
        self.engine.look(&Value { place: Place::Header, name, raw: value, decoded: value }, hits);
    }

    fn cookies(&self, line: &[u8], count: &mut usize, hits: &mut Hits) -> Result<(), Refusal> {
        for (name, value) in cookies(line) {
            *count += 1;
            self.limits.cookies(*count)?;
            let mut conditions = Conditions::default();
            let decoded = decode_component(value, false, &mut conditions);
            refuse(conditions, self.refused_in_values)?;
            self.value(&Value { place: Place::Cookie, name, raw: value, decoded: &decoded }, hits)?;
        }
        if self.engine.looks_at(Place::Cookie) && readings::has_other_cookies(line) {
            readings::cookies(line).for_each(|cookie| self.other_cookie(&cookie, hits));
        }
        Ok(())
    }

    fn other_cookie(&self, cookie: &Cookie<'_>, hits: &mut Hits) {
        let (name, value) = (cookie.name, &*cookie.value);
        if cookie.escaped {
            self.engine.look(&Value { place: Place::Cookie, name, raw: value, decoded: value }, hits);
        } else {
            self.by_name(Place::Cookie, name, value, false, hits);
        }
    }

    fn pair(
        &self,
        [name_place, value_place]: [Place; 2],
        name: &[u8],
        value: &[u8],
        plus: bool,
        hits: &mut Hits,
    ) -> Result<(), Refusal> {
        let mut conditions = Conditions::default();
        let decoded_name = decode_component(name, plus, &mut conditions);
        let decoded: Cow<'_, [u8]> = decode_component(value, plus, &mut conditions);
        refuse(conditions, self.refused_in_values)?;
        self.value(&Value { place: name_place, name: &decoded_name, raw: name, decoded: &decoded_name }, hits)?;
        self.value(&Value { place: value_place, name: &decoded_name, raw: value, decoded: &decoded }, hits)
    }
}

/// Path and query of a request target; the query without its `?`. A fragment, which should not be there, is looked at with what it follows.
pub(crate) fn split_target(target: &[u8]) -> (&[u8], &[u8]) {
    let (path, query) = split_once(target, b'?');
    (path, query.unwrap_or_default())
}

/// Names and values of a cookie field, as sent but for quotes.
pub(crate) fn cookies(line: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    cookie::pairs(line).map(|(name, value)| (name, cookie::unquoted(value)))
}

fn refuse(found: Conditions, refused: Conditions) -> Result<(), Refusal> {
    if found.is_empty() {
        return Ok(());
    }
    found.first_of(refused).map_or(Ok(()), |condition| Err(Refusal::bad(condition.name())))
}
