//! Why a request is refused: everything the events and the challenge need to know.

use crate::jose::Refusal;
use crate::requirements::{Requirement, Unmet};

/// Why a request is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Denial<'r> {
    /// It carries more than one token.
    SeveralTokens,
    /// The token is not good.
    Token(Refusal),
    /// The token was in a place that its provider does not take tokens from.
    Place,
    /// The token was revoked by this claim.
    Revoked(&'static str),
    /// The token is bound to something that the client did not show, or to nothing where it must be; which is the reason.
    Binding(&'static str),
    /// The proof of possession is not good; what is wrong is the reason.
    Proof(&'static str),
    /// The token does not meet what the route requires, or there is none.
    Unmet(Unmet<'r>),
}

impl<'r> Denial<'r> {
    /// The word for events and metrics.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::SeveralTokens => "several_tokens",
            Self::Token(refusal) => refusal.code(),
            Self::Place => "token_place",
            Self::Revoked("jti") => "revoked_token",
            Self::Revoked("sub") => "revoked_subject",
            Self::Revoked(_) => "revoked_session",
            Self::Binding(reason) | Self::Proof(reason) => reason,
            Self::Unmet(unmet) => match unmet {
                Unmet::Token => "token_missing",
                Unmet::Provider => "provider",
                Unmet::Claim => "claim",
                Unmet::PathClaim => "path_claim",
                Unmet::Scope(_) => "insufficient_scope",
                Unmet::StepUp(_) => "insufficient_user_authentication",
            },
        }
    }

    /// What the client is told. Only the RFCs' words: which check a token failed is for the event alone.
    pub(crate) fn told(self) -> Told<'r> {
        match self {
            Self::SeveralTokens => Told::InvalidRequest,
            Self::Proof(_) => Told::InvalidProof,
            Self::Token(_) | Self::Place | Self::Revoked(_) | Self::Binding(_) => Told::InvalidToken,
            Self::Unmet(Unmet::Token) => Told::Missing,
            Self::Unmet(Unmet::Provider) => Told::InvalidToken,
            Self::Unmet(Unmet::Claim | Unmet::PathClaim) => Told::Insufficient(None),
            Self::Unmet(Unmet::Scope(wanted)) => Told::Insufficient(Some(wanted)),
            Self::Unmet(Unmet::StepUp(wanted)) => Told::StepUp(wanted),
        }
    }
}

/// What the client is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told<'r> {
    /// How to authenticate. A client that did not try gets no error (RFC 6750 §3.1).
    Missing,
    /// `invalid_request` (RFC 6750 §3.1).
    InvalidRequest,
    /// `invalid_token` (RFC 6750 §3.1).
    InvalidToken,
    /// `invalid_dpop_proof` (RFC 9449 §7.1).
    InvalidProof,
    /// `insufficient_scope` (RFC 6750 §3.1), with the scopes, if it is about scopes.
    Insufficient(Option<&'r Requirement>),
    /// `insufficient_user_authentication` (RFC 9470 §3).
    StepUp(&'r Requirement),
}

impl Told<'_> {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Missing | Self::InvalidToken | Self::InvalidProof | Self::StepUp(_) => 401,
            Self::Insufficient(_) => 403,
        }
    }

    pub(crate) fn error(self) -> Option<&'static str> {
        match self {
            Self::Missing => None,
            Self::InvalidRequest => Some("invalid_request"),
            Self::InvalidToken => Some("invalid_token"),
            Self::InvalidProof => Some("invalid_dpop_proof"),
            Self::Insufficient(_) => Some("insufficient_scope"),
            Self::StepUp(_) => Some("insufficient_user_authentication"),
        }
    }
}
