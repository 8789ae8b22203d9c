//! How large a request's body is.

use gatewright::{BodyError, Fault, Request};

use crate::rule::number;

/// The size of the body in bytes, as far as it matters: `most` means that or more.
///
/// The proxy vouches for `content-length` (RFC 9112 §6.3, RFC 9113 §8.1.1). Without it the request is held and its body counted as it
/// comes, up to `most`; a module that gets no bodies has to take it for the largest.
pub(crate) async fn size(request: &mut Request, most: usize) -> Result<usize, Fault> {
    if let Ok(Some(length)) = request.single_header("content-length")
        && let Some(length) = number(length)
    {
        return Ok(usize::try_from(length).unwrap_or(usize::MAX).min(most));
    }
    let mut size = 0;
    while size < most {
        match request.next_chunk().await {
            Ok(Some(chunk)) => size += chunk.len(),
            Ok(None) => return Ok(size),
            Err(BodyError::NotExported) => return Ok(most),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(most)
}
