//! Why a token is refused: for events and metrics, never for the client, whom it would help to find the next forgery.

use std::fmt;

/// The check that a token failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Longer than the limit.
    TooLarge,
    /// Not three parts, or an empty one.
    Parts,
    /// A part is not canonical unpadded base64url.
    Encoding,
    /// The header is not a JSON object with one reading.
    HeaderJson,
    /// A header parameter, named here, is missing or of the wrong type.
    HeaderParameter(&'static str),
    /// `alg` is `none` or not one of [`crate::jose::Algorithm`].
    Algorithm,
    /// The header asks for something that this verifier does not do: `crit`, `b64`, `zip`, `enc`.
    Extension(&'static str),
    /// `typ` is not the one asked for.
    Type,
    /// No key of the issuer fits `kid` and `alg`.
    UnknownKey,
    /// The signature does not verify with any key that fits.
    Signature,
    /// The payload is not a JSON object with one reading.
    PayloadJson,
    /// A claim, named here, is required and missing.
    ClaimMissing(&'static str),
    /// A claim, named here, has a type or value that RFC 7519 does not allow.
    ClaimInvalid(&'static str),
    /// `exp` has passed.
    Expired,
    /// `nbf` has not come.
    NotYetValid,
    /// `iat` lies in the future.
    IssuedInFuture,
    /// It lives longer than allowed.
    Lifetime,
    /// A claim that the configuration asks for is missing.
    RequiredClaim,
    /// `iss` is another.
    Issuer,
    /// `aud` contains none of the audiences.
    Audience,
    /// `sub` is none of the subjects.
    Subject,
    /// The issuer, asked about it, says that it is not active (RFC 7662 §2.2).
    Inactive,
}

impl Refusal {
    /// A short stable name, for metrics and events.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "token_too_large",
            Self::Parts => "token_parts",
            Self::Encoding => "token_encoding",
            Self::HeaderJson => "header_json",
            Self::HeaderParameter(_) => "header_parameter",
            Self::Algorithm => "algorithm",
            Self::Extension(_) => "header_extension",
            Self::Type => "type",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::PayloadJson => "payload_json",
            Self::ClaimMissing(_) | Self::RequiredClaim => "claim_missing",
            Self::ClaimInvalid(_) => "claim_invalid",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::Lifetime => "lifetime",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Subject => "subject",
            Self::Inactive => "inactive",
        }
    }

    /// The header parameter or claim that failed, where the code alone does not tell.
    #[must_use]
    pub fn member(self) -> Option<&'static str> {
        match self {
            Self::HeaderParameter(name)
            | Self::Extension(name)
            | Self::ClaimMissing(name)
            | Self::ClaimInvalid(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        self.member().map_or(Ok(()), |name| write!(f, " ({name})"))
    }
}

impl std::error::Error for Refusal {}
