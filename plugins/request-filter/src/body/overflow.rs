//! Bodies larger than what is inspected.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Body;
use crate::value::{Refusal, Visitor};

/// What happens to a body above the inspected size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub enum Overflow {
    /// It is refused with 413 (`body_too_large`).
    #[default]
    Refuse,
    /// It passes. What was found before the size was known to be too large still counts.
    Skip,
    /// Its beginning is inspected, up to the size, and the rest passes unseen.
    InspectPrefix,
}

/// What happens to a body that is too large: 413 refuses it (`body_too_large`), `skip` lets it pass, `inspect_prefix` inspects its
/// beginning and lets the rest pass.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Written {
    Status(u16),
    Name(String),
}

impl TryFrom<Written> for Overflow {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match &written {
            Written::Status(413) => Ok(Self::Refuse),
            Written::Status(other) => Err(unknown(&other.to_string())),
            Written::Name(name) if name == "413" => Ok(Self::Refuse),
            Written::Name(name) if name == "skip" => Ok(Self::Skip),
            Written::Name(name) if name == "inspect_prefix" => Ok(Self::InspectPrefix),
            Written::Name(other) => Err(unknown(&format!("\"{other}\""))),
        }
    }
}

fn unknown(found: &str) -> String {
    format!("{found} is no action for a body that is too large; write 413, \"skip\" or \"inspect_prefix\"")
}

/// Reads a body up to a size.
#[derive(Debug)]
pub struct Inspection {
    /// None once the rest passes unseen.
    body: Option<Body>,
    left: u64,
    overflow: Overflow,
}

impl Inspection {
    /// Inspects at most `limit` bytes of the body.
    #[must_use]
    pub fn new(body: Body, limit: u64, overflow: Overflow) -> Self {
        Self { body: Some(body), left: limit, overflow }
    }

    /// Says how long the body is, where `content-length` tells. One that will be skipped is not begun; one that will be refused is
    /// refused at once.
    ///
    /// # Errors
    /// `body_too_large`.
    pub fn announce(&mut self, length: u64) -> Result<(), Refusal> {
        match self.overflow {
            Overflow::Refuse if length > self.left => Err(too_large()),
            Overflow::Skip if length > self.left => {
                self.body = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether pieces still matter.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.body.is_some()
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// `body_too_large`, the body's or the visitor's.
    pub fn push(&mut self, piece: &[u8], visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        let Some(body) = &mut self.body else { return Ok(()) };
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if length <= self.left {
            self.left = self.left.saturating_sub(length);
            return body.push(piece, visitor);
        }
        let last = usize::try_from(self.left).ok().and_then(|left| piece.get(..left)).unwrap_or(piece);
        match self.overflow {
            Overflow::Refuse => return Err(too_large()),
            Overflow::Skip => {}
            Overflow::InspectPrefix => {
                body.push(last, visitor)?;
                body.cut(visitor)?;
            }
        }
        self.body = None;
        Ok(())
    }

    /// Says that the body is whole.
    ///
    /// # Errors
    /// The body's or the visitor's.
    pub fn finish(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        self.body.as_mut().map_or(Ok(()), |body| body.finish(visitor))
    }
}

const fn too_large() -> Refusal {
    Refusal::with_status(413, "body_too_large")
}

#[cfg(test)]
mod tests {
    use super::super::limits::Limits;
    use super::*;
    use crate::value::Value;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn seen(
        overflow: Overflow,
        limit: u64,
        announced: Option<u64>,
        pieces: &[&str],
    ) -> Result<Vec<String>, &'static str> {
        let mut seen = Vec::new();
        let mut visitor = |value: &Value<'_>| {
            seen.push(String::from_utf8_lossy(value.decoded).into_owned());
            Ok(())
        };
        let body = Body::new(Some(b"application/x-www-form-urlencoded"), &Limits::default()).unwrap();
        let mut inspection = Inspection::new(body, limit, overflow);
        let result = announced
            .map_or(Ok(()), |length| inspection.announce(length))
            .and_then(|()| pieces.iter().try_for_each(|piece| inspection.push(piece.as_bytes(), &mut visitor)))
            .and_then(|()| inspection.finish(&mut visitor));
        result.map(|()| seen).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn a_body_within_the_limit_is_read_whole() {
        for overflow in [Overflow::Refuse, Overflow::Skip, Overflow::InspectPrefix] {
            assert_eq!(seen(overflow, 7, Some(7), &["a=b&", "c=d"]).unwrap(), ["a", "b", "c", "d"]);
        }
    }

    #[test]
    fn an_action_is_a_status_or_a_name() {
        let read = |text: &str| serde_json::from_str::<Overflow>(text).map_err(|error| error.to_string());
        assert_eq!(read("413"), Ok(Overflow::Refuse));
        assert_eq!(read("\"413\""), Ok(Overflow::Refuse));
        assert_eq!(read("\"skip\""), Ok(Overflow::Skip));
        assert_eq!(read("\"inspect_prefix\""), Ok(Overflow::InspectPrefix));
        assert!(read("400").unwrap_err().contains("400 is no action"));
        assert!(read("\"deny\"").unwrap_err().contains("\"deny\" is no action"));
    }

    #[test]
    fn above_the_limit_the_overflow_decides() {
        assert_eq!(seen(Overflow::Refuse, 6, None, &["a=b&", "c=d"]), Err("body_too_large"));
        assert_eq!(seen(Overflow::Refuse, 6, Some(7), &[]), Err("body_too_large"));
        assert_eq!(seen(Overflow::Skip, 6, None, &["a=b&", "c=d", "e=f"]).unwrap(), ["a", "b"]);
        assert_eq!(seen(Overflow::Skip, 6, Some(7), &["a=b&", "c=d"]).unwrap(), Vec::<String>::new());
        assert_eq!(seen(Overflow::InspectPrefix, 7, Some(9), &["a=b&", "c=def"]).unwrap(), ["a", "b", "c", "d"]);
    }
}
