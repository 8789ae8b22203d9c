//! Calls that a policy makes to other services, and how their answers find back.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use crate::fault::{Cause, Fault};
use crate::headers::{Headers, HeadersError};
use crate::host::{BufferKind, MapKind, Status};
use crate::ids::IdMap;
use crate::root::{Owner, Root, Shared};

mod grpc;
mod http;

pub use grpc::{GrpcCall, GrpcStream};
pub use http::{Answer, HttpCall};

/// Largest answer that is read unless a call says otherwise: 1 MiB.
pub const MAX_ANSWER: usize = 1 << 20;

/// Messages of a gRPC stream that may wait to be read.
const MAX_MESSAGES: usize = 64;

/// Why a callout gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CalloutError {
    /// The host did not start the call; for a cluster that does not exist the status is [`Status::BadArgument`].
    NotStarted(Status),
    /// The call failed before an answer came.
    Failed,
    /// The answer has more than this many bytes.
    TooLarge(usize),
    /// More than this many messages of a stream came and were not read.
    Unread(usize),
    /// The answer does not parse, or its headers are not readable.
    Unreadable(String),
    /// The answer's status is not 2xx. Envoy answers 503 for an upstream that it cannot reach and 504 for a timeout.
    Status(u16),
    /// A gRPC status other than OK, and its message.
    Grpc(u32, String),
}

impl fmt::Display for CalloutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(Status::BadArgument) => {
                f.write_str("the call was not started: is the upstream a cluster of this proxy?")
            }
            Self::NotStarted(status) => write!(f, "the call was not started: {status}"),
            Self::Failed => f.write_str("the call failed before an answer came"),
            Self::TooLarge(limit) => write!(f, "the answer is larger than {limit} bytes"),
            Self::Unread(limit) => write!(f, "more than {limit} messages of the stream were not read"),
            Self::Unreadable(why) => write!(f, "the answer cannot be read: {why}"),
            Self::Status(status) => write!(f, "the answer's status is {status}"),
            Self::Grpc(status, message) => write!(f, "gRPC status {status}: {message}"),
        }
    }
}

impl std::error::Error for CalloutError {}

impl From<CalloutError> for Fault {
    fn from(error: CalloutError) -> Self {
        Self::new(Cause::Callout, error.to_string())
    }
}

impl From<HeadersError> for CalloutError {
    fn from(error: HeadersError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// A call that was started, and what came back so far.
pub(crate) struct Pending {
    pub(crate) owner: Owner,
    pub(crate) state: RefCell<State>,
}

pub(crate) enum State {
    Http { max_answer: usize, answer: Option<Result<Box<Answer>, CalloutError>> },
    Unary { max_answer: usize, answer: Option<Result<Vec<u8>, CalloutError>> },
    Stream { max_answer: usize, messages: VecDeque<Vec<u8>>, closed: Option<CalloutError> },
}

/// A call in the worker's table. Dropping it forgets the call: an answer that still comes finds nobody.
struct Registered {
    root: Rc<Root>,
    token: u32,
    pending: Rc<Pending>,
}

impl Registered {
    fn new(root: &Rc<Root>, owner: Owner, token: u32, state: State) -> Self {
        let pending = Rc::new(Pending { owner, state: RefCell::new(state) });
        let registered = Self { root: Rc::clone(root), token, pending };
        registered.table().borrow_mut().insert(token, Rc::clone(&registered.pending));
        registered
    }

    /// Whether the host still works on the call.
    fn is_open(&self) -> bool {
        self.table().borrow().contains_key(&self.token)
    }

    fn table(&self) -> &RefCell<IdMap<Rc<Pending>>> {
        match *self.pending.state.borrow() {
            State::Http { .. } => &self.root.shared.http,
            State::Unary { .. } | State::Stream { .. } => &self.root.shared.grpc,
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let was_open = self.table().borrow_mut().remove(&self.token).is_some();
        // Best effort: a call that the host forgot needs no end. An HTTP callout has none that the ABI knows.
        let _ = match *self.pending.state.borrow() {
            State::Unary { .. } | State::Stream { .. } if was_open => self.root.host().grpc_cancel(self.token),
            // The host keeps a stream until both sides have ended it.
            State::Stream { .. } => self.root.host().grpc_close(self.token),
            State::Http { .. } | State::Unary { .. } => Ok(()),
        };
    }
}

impl Shared {
    /// An HTTP callout was answered.
    pub(crate) fn on_http_answer(&self, token: u32, headers: u32, body_size: u32, trailers: u32) -> Option<Owner> {
        let pending = self.http.borrow_mut().remove(&token)?;
        if let State::Http { max_answer, answer } = &mut *pending.state.borrow_mut() {
            *answer = Some(self.read_answer(headers, body_size, trailers, *max_answer).map(Box::new));
        }
        Some(pending.owner)
    }

    /// A gRPC message came.
    pub(crate) fn on_grpc_message(&self, token: u32, size: u32) -> Option<Owner> {
        let pending = self.grpc.borrow().get(&token).cloned()?;
        match &mut *pending.state.borrow_mut() {
            State::Unary { max_answer, answer } => {
                *answer = Some(self.read_message(size, *max_answer));
                self.grpc.borrow_mut().remove(&token);
            }
            State::Stream { max_answer, messages, closed: closed @ None } => {
                match self.read_message(size, *max_answer) {
                    Ok(message) if messages.len() < MAX_MESSAGES => messages.push_back(message),
                    Ok(_) => *closed = Some(CalloutError::Unread(MAX_MESSAGES)),
                    Err(error) => *closed = Some(error),
                }
            }
            // After a gap, later messages would only mislead.
            State::Stream { .. } | State::Http { .. } => {}
        }
        Some(pending.owner)
    }

    /// A gRPC callout or stream ended.
    pub(crate) fn on_grpc_close(&self, token: u32, status: u32) -> Option<Owner> {
        let pending = self.grpc.borrow_mut().remove(&token)?;
        let message = self.host.callout_status().map(|(_, message)| message).unwrap_or_default();
        let error = CalloutError::Grpc(status, String::from_utf8_lossy(&message).into_owned());
        match &mut *pending.state.borrow_mut() {
            State::Unary { answer, .. } => *answer = Some(Err(error)),
            State::Stream { closed, .. } => {
                closed.get_or_insert(error);
            }
            State::Http { .. } => {}
        }
        Some(pending.owner)
    }

    fn read_answer(&self, headers: u32, body_size: u32, trailers: u32, limit: usize) -> Result<Answer, CalloutError> {
        if headers == 0 {
            return Err(CalloutError::Failed);
        }
        let fields = Headers::fetch(&*self.host, MapKind::CalloutHeaders, headers)?;
        let body = self.read_buffer(BufferKind::CalloutBody, body_size, limit)?;
        let trailers = match trailers {
            0 => Headers::default(),
            count => Headers::fetch(&*self.host, MapKind::CalloutTrailers, count)?,
        };
        Ok(Answer { headers: fields, body, trailers })
    }

    fn read_message(&self, size: u32, limit: usize) -> Result<Vec<u8>, CalloutError> {
        self.read_buffer(BufferKind::GrpcMessage, size, limit)
    }

    fn read_buffer(&self, kind: BufferKind, size: u32, limit: usize) -> Result<Vec<u8>, CalloutError> {
        let size = size as usize;
        if size > limit {
            return Err(CalloutError::TooLarge(limit));
        }
        if size == 0 {
            return Ok(Vec::new());
        }
        self.host.buffer(kind, 0, size).map_err(|status| CalloutError::Unreadable(status.to_string()))
    }
}
