//! One direction of an exchange, as the filter holds it.

use std::collections::VecDeque;

use crate::message::Fields;

/// Whether a direction moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flow {
    /// What arrives goes to the guest and on.
    #[default]
    Open,
    /// What arrives goes to the guest and not on (`StopIteration`).
    Held,
    /// Nothing goes to the guest. `bounded`: what waits is buffered by the proxy, so the limit applies; else the sender waits.
    HeldAll { bounded: bool },
}

/// A piece of a message that has arrived and that the guest has not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Body { data: Vec<u8>, end: bool },
    Trailers(Fields),
}

/// What has gone on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Out {
    pub(crate) headers: Option<Fields>,
    pub(crate) body: Vec<Vec<u8>>,
    pub(crate) trailers: Fields,
    pub(crate) ended: bool,
}

/// The state of a direction.
#[derive(Debug, Default)]
pub(crate) struct Side {
    pub(crate) flow: Flow,
    /// The header list. The guest reads and writes it while `headers_open`.
    pub(crate) headers: Fields,
    pub(crate) headers_open: bool,
    pub(crate) headers_arrived: bool,
    pub(crate) headers_seen: bool,
    pub(crate) headers_end: bool,
    pub(crate) inbox: VecDeque<Piece>,
    /// Bytes that the proxy holds after body callbacks.
    pub(crate) buffered: Vec<u8>,
    /// Whether the guest sees `buffered`, not just the newest piece.
    pub(crate) buffering: bool,
    /// The piece whose callback runs.
    pub(crate) chunk: Vec<u8>,
    /// Whether the guest may change the body.
    pub(crate) body_open: bool,
    /// Whether the callback of the last body piece runs.
    pub(crate) in_last_body: bool,
    pub(crate) body_end: bool,
    pub(crate) trailers: Fields,
    pub(crate) trailers_open: bool,
    pub(crate) trailers_held: bool,
    /// Nothing of this direction matters any more.
    pub(crate) stopped: bool,
    pub(crate) out: Out,
}

impl Side {
    /// A message's headers arrive.
    pub(crate) fn arrive(&mut self, headers: Fields, end: bool) {
        self.headers = headers;
        self.headers_arrived = true;
        self.headers_end = end;
    }

    /// A whole message arrives. As over HTTP/1.1, its end comes as an empty last piece.
    pub(crate) fn arrive_whole(&mut self, headers: Fields, body: Vec<Vec<u8>>, trailers: Fields) {
        self.arrive(headers, body.is_empty() && trailers.is_empty());
        self.inbox.extend(body.into_iter().map(|data| Piece::Body { data, end: false }));
        if !trailers.is_empty() {
            self.inbox.push_back(Piece::Trailers(trailers));
        } else if !self.headers_end {
            self.inbox.push_back(Piece::Body { data: Vec::new(), end: true });
        }
    }

    /// The body as the guest may read it now.
    pub(crate) fn visible(&self) -> &Vec<u8> {
        if self.buffering { &self.buffered } else { &self.chunk }
    }

    pub(crate) fn visible_mut(&mut self) -> &mut Vec<u8> {
        if self.buffering { &mut self.buffered } else { &mut self.chunk }
    }

    /// Bytes that wait unseen.
    pub(crate) fn waiting(&self) -> usize {
        let length = |piece: &Piece| match piece {
            Piece::Body { data, .. } => data.len(),
            Piece::Trailers(_) => 0,
        };
        self.inbox.iter().map(length).sum()
    }

    /// Joins what waited during a hold: the guest sees one piece up to `limit` bytes, then the next.
    pub(crate) fn join_waiting(&mut self, limit: usize) {
        let mut joined: VecDeque<Piece> = VecDeque::new();
        for piece in self.inbox.drain(..) {
            match (joined.back_mut(), piece) {
                (Some(Piece::Body { data, end }), Piece::Body { data: more, end: last })
                    if data.len() + more.len() <= limit =>
                {
                    data.extend(more);
                    *end |= last;
                }
                (_, piece) => joined.push_back(piece),
            }
        }
        self.inbox = joined;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(length: usize, end: bool) -> Piece {
        Piece::Body { data: vec![b'x'; length], end }
    }

    #[test]
    fn what_waited_is_joined_up_to_the_limit() {
        let mut side =
            Side { inbox: [body(3, false), body(3, false), body(3, false), body(0, true)].into(), ..Side::default() };
        side.join_waiting(6);
        assert_eq!(side.inbox, [body(6, false), body(3, true)]);
    }

    #[test]
    fn a_whole_message_ends_with_an_empty_piece_or_its_trailers() {
        let mut side = Side::default();
        side.arrive_whole(Fields::new(), vec![b"a".to_vec()], Fields::new());
        assert_eq!(side.inbox, [Piece::Body { data: b"a".to_vec(), end: false }, body(0, true)]);
        let mut side = Side::default();
        let trailers = vec![(b"t".to_vec(), b"1".to_vec())];
        side.arrive_whole(Fields::new(), vec![b"a".to_vec()], trailers.clone());
        assert_eq!(side.inbox, [Piece::Body { data: b"a".to_vec(), end: false }, Piece::Trailers(trailers)]);
    }
}
