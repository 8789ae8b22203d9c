//! `content-disposition` of a part (RFC 7578, section 4.2; RFC 8187 for `filename*`).

use gatewright::syntax::hex_digit;

use crate::body::media_type::{Cursor, Parameter, parameters};
use crate::value::Refusal;

/// Which field a part is, and of which file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disposition {
    pub(super) name: Name,
    /// There if the part is a file, even where it is empty.
    pub(super) filename: Option<Name>,
}

/// A name as sent and as meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) raw: Vec<u8>,
    pub(super) decoded: Vec<u8>,
}

impl Disposition {
    pub(super) fn parse(value: &[u8]) -> Result<Self, Refusal> {
        let mut cursor = Cursor(value);
        let kind = cursor.token().ok_or(BAD)?;
        if !kind.eq_ignore_ascii_case(b"form-data") {
            return Err(BAD);
        }
        let (mut name, mut plain, mut extended) = (None, None, None);
        for parameter in parameters(cursor).ok_or(BAD)? {
            match parameter.name.as_str() {
                "name" => name = Some(Name::from(parameter)),
                "filename" => plain = Some(Name::from(parameter)),
                "filename*" => extended = Some(decode_extended(parameter)?),
                // Another parameter means nothing to RFC 7578, but `name*` names the part to some readers.
                other if other.starts_with("name") || other.starts_with("filename") => return Err(BAD),
                _ => {}
            }
        }
        // A reader takes one of the two, so they must agree.
        if let (Some(plain), Some(extended)) = (&plain, &extended)
            && plain.decoded != extended.decoded
        {
            return Err(Refusal::bad("multipart_conflicting_filename"));
        }
        Ok(Self { name: name.ok_or(Refusal::bad("multipart_no_name"))?, filename: extended.or(plain) })
    }
}

impl From<Parameter> for Name {
    fn from(parameter: Parameter) -> Self {
        Self { raw: parameter.raw, decoded: parameter.value }
    }
}

/// RFC 8187: `UTF-8'language'percent-encoded`.
fn decode_extended(parameter: Parameter) -> Result<Name, Refusal> {
    let mut sections = parameter.value.splitn(3, |byte| *byte == b'\'');
    let (charset, _, coded) = (sections.next(), sections.next(), sections.next());
    let coded = coded.filter(|_| charset.is_some_and(|charset| charset.eq_ignore_ascii_case(b"utf-8"))).ok_or(BAD)?;
    let decoded = percent_decode(coded).filter(|decoded| std::str::from_utf8(decoded).is_ok()).ok_or(BAD)?;
    Ok(Name { raw: parameter.raw, decoded })
}

fn percent_decode(coded: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(coded.len());
    let mut bytes = coded.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        let mut digit = || hex_digit(*bytes.next()?);
        let (high, low) = (digit()?, digit()?);
        decoded.push(high << 4 | low);
    }
    Some(decoded)
}

const BAD: Refusal = Refusal::bad("multipart_bad_disposition");
