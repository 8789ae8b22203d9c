//! Bodies of requests, read while they are held.

use gatewright::{Fault, Request};

use crate::body::Body;
use crate::body::overflow::Inspection;
use crate::config::{self, Encoded};
use crate::engine::Hits;
use crate::hygiene::Seen;
use crate::value::{Place, Refusal, Value};
use crate::walk::Walk;

/// How bodies are inspected.
pub(crate) struct Bodies(config::Body);

impl Bodies {
    pub(crate) fn new(settings: config::Body) -> Self {
        Self(settings)
    }

    /// What reads the body that these header fields announce. None if nothing does: bodies are not inspected, or this is a stream, whose
    /// messages go both ways and must not be held.
    pub(crate) fn inspection(&self, seen: &Seen<'_>) -> Result<Option<Inspection>, Refusal> {
        if !self.0.inspect || seen.is_stream() {
            return Ok(None);
        }
        if seen.encoded {
            return match self.0.encoded {
                Encoded::Refuse => Err(Refusal::with_status(415, "body_encoded")),
                Encoded::Skip => Ok(None),
            };
        }
        let body = Body::new(seen.content_type, &self.0.limits)?;
        let mut inspection = Inspection::new(body, self.0.max_size.as_bytes(), self.0.overflow);
        inspection.announce(seen.content_length.unwrap_or_default())?;
        Ok(Some(inspection))
    }
}

/// Reads the body and shows its values to all tests.
pub(crate) async fn read(
    request: &mut Request,
    mut inspection: Inspection,
    walk: &Walk<'_>,
    hits: &mut Hits,
) -> Result<Result<(), Refusal>, Fault> {
    let mut visitor = |value: &Value<'_>| {
        // Bytes of any kind are not odd for being no text.
        if value.place == Place::Body {
            walk.engine.look(value, hits);
            return Ok(());
        }
        walk.value(value, hits)
    };
    while inspection.is_reading() {
        let Some(piece) = request.next_chunk().await? else { break };
        if let Err(refusal) = inspection.push(&piece, &mut visitor) {
            return Ok(Err(refusal));
        }
    }
    Ok(inspection.finish(&mut visitor))
}
