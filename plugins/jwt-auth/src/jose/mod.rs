//! JSON Web Tokens, strictly: parse, find the key, verify the signature, check the claims (RFC 7515, 7517, 7518, 7519, 8725).
//!
//! Nothing here knows a policy or an exchange. Time is an argument, and so is the proxy where it can verify a signature. Every
//! input is bounded before it is worked on, and a token that any part refuses is refused: there is no lenient mode.

pub mod algorithm;
pub mod base64url;
pub mod claims;
pub mod der;
pub mod json;
pub mod jwk;
pub mod jwks;
pub mod refusal;
pub mod rsa;
pub mod thumbprint;
pub mod token;
pub mod verify;

#[cfg(test)]
mod testing;

pub use algorithm::Algorithm;
pub use claims::{Claims, Expectations};
pub use jwk::Key;
pub use jwks::{Jwks, JwksError, Warning};
pub use refusal::Refusal;
pub use token::Token;
pub use verify::{CrateVerifier, HostMemory, HostVerifier, PreferHost, Verdict, Verifier, VerifyError};
