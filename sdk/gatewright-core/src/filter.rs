//! Bodies that pass through, piece by piece.

use std::rc::Rc;

use crate::chain::Chosen;
use crate::exchange::{Exchange, Side};
use crate::host::Status;
use crate::reply::Reply;

/// A piece of a body on its way.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The bytes; a filter may change or empty them.
    pub data: Vec<u8>,
    /// Whether the body ends with this piece. A body that is followed by trailers may have no last piece.
    pub last: bool,
}

/// Sees each piece of a body and may change it. An error answers a request, and cuts a response whose headers are gone.
pub type BodyFilter = Box<dyn FnMut(&mut Piece) -> Result<(), Reply>>;

/// Sees each piece of a body as it goes on, and changes nothing.
pub type BodyWatch = Box<dyn FnMut(&Piece)>;

/// What happens to one direction's body, in the order in which a piece meets it.
#[derive(Default)]
pub(crate) struct Filters(Vec<Step>);

enum Step {
    /// A policy's filter.
    Change(BodyFilter, Rc<Chosen>),
    /// A filter of a policy in shadow mode; `None` after it refused, which counts once.
    Observe(Option<BodyFilter>, Rc<Chosen>),
    /// Looks on.
    Watch(BodyWatch),
    /// A whole new body of this length, in the place of whatever passes.
    Replace(Option<Rc<Vec<u8>>>, usize),
}

/// What became of a piece.
pub(crate) enum Passed {
    On,
    /// The policy of this name refused it.
    Refused(Reply, Rc<str>),
    Failed(Status),
}

impl Filters {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets what came after the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Whether the body that comes out may differ from the one that goes in.
    pub(crate) fn change(&self) -> bool {
        self.0.iter().any(Step::changes)
    }

    /// Length of the body that comes out, where a replacement fixes it.
    pub(crate) fn exact_length(&self) -> Option<usize> {
        match self.0.iter().rfind(|step| step.changes())? {
            Step::Replace(_, length) => Some(*length),
            Step::Change(..) | Step::Observe(..) | Step::Watch(_) => None,
        }
    }

    /// Whether a replacement waits for a piece in whose place it can go.
    pub(crate) fn owe(&self) -> bool {
        self.0.iter().any(|step| matches!(step, Step::Replace(Some(body), _) if !body.is_empty()))
    }

    pub(crate) fn add(&mut self, filter: BodyFilter, chosen: &Rc<Chosen>) {
        self.0.push(Step::Change(filter, Rc::clone(chosen)));
    }

    pub(crate) fn observe(&mut self, filter: BodyFilter, chosen: &Rc<Chosen>) {
        self.0.push(Step::Observe(Some(filter), Rc::clone(chosen)));
    }

    pub(crate) fn watch(&mut self, watch: BodyWatch) {
        self.0.push(Step::Watch(watch));
    }

    /// Tells those who look on that the body is over: trailers came, and the host names no last piece then.
    pub(crate) fn end(&mut self) {
        let end = Piece { data: Vec::new(), last: true };
        for step in &mut self.0 {
            if let Step::Watch(watch) = step {
                watch(&end);
            }
        }
    }

    /// Puts `body` in the place of whatever passes.
    pub(crate) fn replace_with(&mut self, body: Rc<Vec<u8>>) {
        let length = body.len();
        self.0.push(Step::Replace(Some(body), length));
    }

    /// Runs what the host holds now through the filters, and hands it back.
    pub(crate) fn run(&mut self, exchange: &Exchange, side: &Side) -> Passed {
        let (size, last) = (side.buffered.get(), side.ended.get());
        if size == 0 && !last && !self.owe() {
            return Passed::On;
        }
        let host = exchange.host();
        let data = match host.buffer(side.buffer(), 0, size) {
            Ok(data) => data,
            Err(status) => return Passed::Failed(status),
        };
        let mut piece = Piece { data, last };
        for step in &mut self.0 {
            if let Some((reply, name)) = step.pass(exchange, &mut piece) {
                return Passed::Refused(reply, name);
            }
        }
        if !self.change() || (size == 0 && piece.data.is_empty()) {
            return Passed::On;
        }
        match host.set_buffer(side.buffer(), 0, size, &piece.data) {
            Ok(()) => Passed::On,
            Err(status) => Passed::Failed(status),
        }
    }
}

impl Step {
    fn changes(&self) -> bool {
        !matches!(self, Self::Observe(..) | Self::Watch(_))
    }

    /// The refusal of a filter that counts, and whose it is.
    fn pass(&mut self, exchange: &Exchange, piece: &mut Piece) -> Option<(Reply, Rc<str>)> {
        match self {
            Self::Change(filter, chosen) => {
                let reply = filter(piece).err()?;
                chosen.decide_reply(exchange, &reply);
                Some((reply, Rc::clone(&chosen.name)))
            }
            Self::Observe(filter, chosen) => {
                let refused = filter.as_mut().and_then(|filter| filter(&mut piece.clone()).err());
                if let Some(reply) = refused {
                    chosen.decide_reply(exchange, &reply);
                    *filter = None;
                }
                None
            }
            Self::Watch(watch) => {
                watch(piece);
                None
            }
            Self::Replace(body, _) => {
                piece.data = body.take().map(Rc::unwrap_or_clone).unwrap_or_default();
                None
            }
        }
    }
}
