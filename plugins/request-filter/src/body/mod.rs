//! Bodies, read as they stream by: pieces in, values out, bounded memory.
//!
//! However a body is cut into pieces, the same values reach the visitor in the same order, and a malformed or oversize one ends with
//! the same [`Refusal`]. Only the value at hand is kept.

pub mod form;
pub mod json;
pub mod limits;
pub mod media_type;
pub mod multipart;
pub mod overflow;
pub mod plain;
pub mod window;

mod text;

use crate::value::{Refusal, Visitor};
use limits::Limits;
use media_type::MediaType;

/// A body that is being read.
#[derive(Debug)]
pub enum Body {
    /// `application/json`, and every type that ends in `+json`.
    Json(json::Json),
    /// `application/x-www-form-urlencoded`.
    Form(form::Form),
    /// `multipart/form-data`.
    Multipart(Box<multipart::Multipart>),
    /// Everything else, as windows of bytes.
    Plain(plain::Plain),
}

impl Body {
    /// The reader for a `content-type`; without one the body is plain.
    ///
    /// # Errors
    /// `content_type_malformed`, or a boundary that RFC 2046 does not allow; other kinds of `multipart` are plain.
    pub fn new(content_type: Option<&[u8]>, limits: &Limits) -> Result<Self, Refusal> {
        Self::of(MediaType::read(content_type)?.as_ref(), limits)
    }

    /// The same for one that was read.
    ///
    /// # Errors
    /// A boundary that RFC 2046 does not allow.
    pub fn of(media_type: Option<&MediaType>, limits: &Limits) -> Result<Self, Refusal> {
        let Some(media_type) = media_type else {
            return Ok(Self::Plain(plain::Plain::new(&limits.window)));
        };
        Ok(if media_type.is_json() {
            Self::Json(json::Json::new(limits.json))
        } else if media_type.is("application", "x-www-form-urlencoded") {
            Self::Form(form::Form::new(limits.form))
        } else if media_type.is("multipart", "form-data") {
            Self::Multipart(Box::new(multipart::Multipart::new(media_type, limits)?))
        } else {
            Self::Plain(plain::Plain::new(&limits.window))
        })
    }

    /// Takes the next piece. Values that it completes are visited.
    ///
    /// # Errors
    /// The body is malformed, above a limit, or refused by the visitor. It must not be given more then.
    pub fn push(&mut self, piece: &[u8], visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        match self {
            Self::Json(body) => body.push(piece, visitor),
            Self::Form(body) => body.push(piece, visitor),
            Self::Multipart(body) => body.push(piece, visitor),
            Self::Plain(body) => body.push(piece, visitor),
        }
    }

    /// Says that the body is whole. What is still held is visited.
    ///
    /// # Errors
    /// As [`push`](Self::push); and the body ends too early.
    pub fn finish(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        match self {
            Self::Json(body) => body.finish(visitor),
            Self::Form(body) => body.finish(visitor),
            Self::Multipart(body) => body.finish(visitor),
            Self::Plain(body) => body.finish(visitor),
        }
    }

    /// Says that nothing more will be read, though the body goes on: visits the value at hand as far as it was read.
    ///
    /// # Errors
    /// The visitor's.
    pub fn cut(&mut self, visitor: &mut dyn Visitor) -> Result<(), Refusal> {
        match self {
            Self::Json(body) => body.cut(visitor),
            Self::Form(body) => body.cut(visitor),
            Self::Multipart(body) => body.cut(visitor),
            Self::Plain(body) => body.finish(visitor),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
