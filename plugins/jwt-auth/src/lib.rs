//! Authenticates requests by JSON Web Token (RFC 7519), as RFC 6750 has clients present it.
//!
//! A request passes if it carries one token that an issuer of the configuration signed, for one of its audiences, and that is valid
//! now. Everything else gets 401 and a challenge that says no more than RFC 6750 asks for; the event says which check failed.
//!
//! ```
//! use gatewright_testing::message::Request;
//! use gatewright_testing::proxy::Proxy;
//! use jwt_auth::JwtAuth;
//!
//! let config = r#"{"policy": {"providers": [{
//!     "name": "main",
//!     "issuer": "https://issuer.example",
//!     "audiences": ["orders"],
//!     "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256",
//!         "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
//!         "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}}
//! }]}}"#;
//! let mut proxy = Proxy::builder().config(config).policy::<JwtAuth>("jwt-auth").unwrap();
//! let refused = proxy.send(Request::get("/orders")).response().unwrap();
//! assert_eq!(refused.status(), 401);
//! assert_eq!(refused.header("www-authenticate").as_deref(), Some(r#"Bearer realm="api""#));
//! ```
#![forbid(unsafe_code)]

mod authenticator;
mod binding;
mod cache;
mod challenge;
mod claim_path;
mod config;
mod denial;
mod introspection;
pub mod jose;
mod keys;
mod opaque;
mod outcome;
mod places;
mod policy;
mod providers;
mod requirements;
mod revocation;
mod seconds;
mod verified;

pub use claim_path::ClaimPath;
pub use config::{AlgorithmName, ClaimHeader, Config, Dpop, HeaderSource, Provider, TokenCache};
pub use introspection::IntrospectionConfig;
pub use keys::{DiscoveredJwks, InlineJwks, JwksSource, RemoteJwks};
pub use policy::JwtAuth;
pub use requirements::{ClaimPredicate, Glob, Requirement};
pub use revocation::Revoked;

#[cfg(feature = "export")]
gatewright::export!(JwtAuth);
#[cfg(feature = "export")]
gatewright::embed_schema!("../config.schema.json");
