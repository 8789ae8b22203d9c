//! Bodies of requests, read while they are held.

use gatewright::{Fault, Request};

use crate::body::Body;
use crate::body::media_type::MediaType;
use crate::body::overflow::Inspection;
use crate::config::{self, Encoded};
use crate::conform::Collected;
use crate::engine::Hits;
use crate::hygiene::Seen;
use crate::stop::Stop;
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
        let media_type = MediaType::read(seen.content_type)?;
        media_type.as_ref().map_or(Ok(()), |media_type| media_type.check_charset(&self.0.charsets))?;
        let body = Body::of(media_type.as_ref(), &self.0.limits)?;
        let mut inspection = Inspection::new(body, self.0.max_size.as_bytes(), self.0.overflow);
        inspection.announce(seen.content_length.unwrap_or_default())?;
        Ok(Some(inspection))
    }
}

/// Reads the body and shows its values to all tests, and to a contract what that needs.
pub(crate) async fn read(
    request: &mut Request,
    mut inspection: Inspection,
    walk: &Walk<'_>,
    hits: &mut Hits,
    mut collected: Option<&mut Collected>,
) -> Result<(), Stop> {
    while inspection.is_reading() {
        let piece = request.next_chunk().await.map_err(Fault::from)?;
        let mut visitor = |value: &Value<'_>| {
            if let Some(collected) = &mut collected {
                collected.value(value);
            }
            look(value, walk, hits)
        };
        let Some(piece) = piece else {
            inspection.finish(&mut visitor)?;
            if let Some(collected) = collected {
                collected.whole = true;
            }
            return Ok(());
        };
        inspection.push(&piece, &mut visitor)?;
        if let Some(collected) = &mut collected {
            collected.piece(&piece);
        }
    }
    Ok(())
}

fn look(value: &Value<'_>, walk: &Walk<'_>, hits: &mut Hits) -> Result<(), Refusal> {
    // Bytes of any kind are not odd for being no text.
    if value.place == Place::Body {
        walk.engine.look(value, hits);
        return Ok(());
    }
    walk.value(value, hits)
}
