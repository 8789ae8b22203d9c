//! What a policy's part in an exchange ends with.

use crate::reply::Reply;
use crate::request::Forward;
use crate::response::Response;

/// What [`Policy::handle`](crate::Policy::handle) returns.
pub enum Flow {
    /// Answer from here.
    Reply(Reply),
    /// Go on; this policy does not care about the response.
    Forward(Forward),
    /// The response, edited or not.
    Response(Response),
}

impl From<Reply> for Flow {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl From<Response> for Flow {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}
