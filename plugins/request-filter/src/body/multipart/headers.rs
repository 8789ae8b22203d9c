//! Header fields of a part (RFC 7578, section 4).

use super::disposition::Disposition;
use crate::body::limits::MultipartLimits;
use gatewright::syntax::is_token;

use crate::body::media_type::MediaType;
use crate::value::Refusal;

/// What the header fields of a part said.
#[derive(Debug, Default)]
pub(super) struct PartHeaders {
    count: u32,
    disposition: Option<Disposition>,
    typed: bool,
}

impl PartHeaders {
    /// Takes a line without its line break.
    pub(super) fn line(&mut self, line: &[u8], limits: &MultipartLimits) -> Result<(), Refusal> {
        self.count = self.count.saturating_add(1);
        if self.count > limits.headers {
            return Err(Refusal::with_status(413, "multipart_too_many_headers"));
        }
        let (name, value) = split(line).ok_or(BAD_HEADER)?;
        match name.to_ascii_lowercase().as_slice() {
            b"content-disposition" => {
                let again = self.disposition.replace(Disposition::parse(value)?).is_some();
                if again { Err(Refusal::bad("multipart_duplicate_header")) } else { Ok(()) }
            }
            b"content-type" => self.content_type(value),
            b"content-transfer-encoding" => transfer_encoding(value),
            _ => Ok(()),
        }
    }

    /// The disposition, which every part must have.
    pub(super) fn disposition(&self, limits: &MultipartLimits) -> Result<&Disposition, Refusal> {
        let disposition = self.disposition.as_ref().ok_or(Refusal::bad("multipart_no_disposition"))?;
        if disposition.name.decoded.len() > limits.name.as_usize() {
            return Err(Refusal::with_status(413, "multipart_name_too_long"));
        }
        let filename = disposition.filename.as_ref();
        if filename.is_some_and(|filename| filename.decoded.len() > limits.filename.as_usize()) {
            return Err(Refusal::with_status(413, "multipart_filename_too_long"));
        }
        Ok(disposition)
    }

    /// The part's name.
    pub(super) fn name(&self) -> &[u8] {
        self.disposition.as_ref().map(|disposition| disposition.name.decoded.as_slice()).unwrap_or_default()
    }

    fn content_type(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if std::mem::replace(&mut self.typed, true) {
            return Err(Refusal::bad("multipart_duplicate_header"));
        }
        let media_type = MediaType::parse(value).ok_or(BAD_HEADER)?;
        if media_type.is_multipart() {
            return Err(Refusal::bad("multipart_nested"));
        }
        let charset = media_type.parameter("charset").unwrap_or(b"utf-8");
        let readable = charset.eq_ignore_ascii_case(b"utf-8") || charset.eq_ignore_ascii_case(b"us-ascii");
        if readable { Ok(()) } else { Err(Refusal::bad("multipart_charset")) }
    }
}

/// RFC 7578, section 4.7: no encoding hides the contents.
fn transfer_encoding(value: &[u8]) -> Result<(), Refusal> {
    let identity = [&b"7bit"[..], b"8bit", b"binary"].iter().any(|known| value.eq_ignore_ascii_case(known));
    if identity { Ok(()) } else { Err(Refusal::bad("multipart_transfer_encoding")) }
}

/// Name and value. None if the name is no token (so a continuation line, which begins with a blank, is none), or a control character
/// stands in the value.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let value = value.strip_prefix(b":")?.trim_ascii();
    let control = |byte: &u8| *byte < b' ' && *byte != b'\t' || *byte == 0x7f;
    (is_token(name) && !value.iter().any(control)).then_some((name, value))
}

const BAD_HEADER: Refusal = Refusal::bad("multipart_bad_header");
