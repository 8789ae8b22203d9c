//! Bodies that pass through, piece by piece.

use std::rc::Rc;

use crate::exchange::Side;
use crate::host::{Host, Status};
use crate::reply::Reply;

/// A piece of a body on its way.
#[derive(Debug)]
pub struct Piece {
    /// The bytes; a filter may change or empty them.
    pub data: Vec<u8>,
    /// Whether the body ends with this piece. A body that is followed by trailers has no last piece.
    pub last: bool,
}

/// Sees each piece of a body and may change it. An error answers a request, and cuts a response whose headers are gone.
pub type BodyFilter = Box<dyn FnMut(&mut Piece) -> Result<(), Reply>>;

/// The filters of one direction, in the order in which a piece meets them.
#[derive(Default)]
pub(crate) struct Filters {
    list: Vec<BodyFilter>,
    /// Length of the body that comes out, where a replacement fixed it.
    exact: Option<usize>,
}

/// What became of a piece.
pub(crate) enum Passed {
    On,
    Refused(Reply),
    Failed(Status),
}

impl Filters {
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn exact_length(&self) -> Option<usize> {
        self.exact
    }

    pub(crate) fn append(&mut self, filters: &mut Vec<BodyFilter>) {
        if !filters.is_empty() {
            self.exact = None;
            self.list.append(filters);
        }
    }

    /// Puts `body` in the place of whatever passes.
    pub(crate) fn replace_with(&mut self, body: Rc<Vec<u8>>) {
        self.exact = Some(body.len());
        let mut rest = Some(body);
        self.list.push(Box::new(move |piece| {
            piece.data = rest.take().map(Rc::unwrap_or_clone).unwrap_or_default();
            Ok(())
        }));
    }

    /// Runs what the host holds now through the filters, and hands it back.
    pub(crate) fn run(&mut self, side: &Side, host: &dyn Host) -> Passed {
        let size = side.buffered.get();
        let data = match host.buffer(side.buffer(), 0, size) {
            Ok(data) => data,
            Err(status) => return Passed::Failed(status),
        };
        let mut piece = Piece { data, last: side.ended.get() };
        for filter in &mut self.list {
            if let Err(reply) = filter(&mut piece) {
                return Passed::Refused(reply);
            }
        }
        match host.set_buffer(side.buffer(), 0, size, &piece.data) {
            Ok(()) => Passed::On,
            Err(status) => Passed::Failed(status),
        }
    }
}

