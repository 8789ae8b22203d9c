//! One connection of a gRPC service, and its streams.

use std::sync::Arc;

use h2::server::{self, SendResponse};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

use super::{Heard, Said, Shared};

/// The frame before each message: a flag for compression, and the length.
const PREFIX: usize = 5;

type Bytes = bytes::Bytes;

/// Serves until the peer closes.
pub(super) async fn connection(socket: TcpStream, shared: Arc<Shared>) {
    let Ok(mut connection) = server::handshake(socket).await else { return };
    let mut streams = JoinSet::new();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let shared = Arc::clone(&shared);
        // An error is the peer's reset of the stream.
        streams.spawn(async move { drop(stream(request, respond, &shared).await) });
    }
}

async fn stream(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    shared: &Shared,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let heard = Heard {
        authority: request.uri().authority().map(ToString::to_string).unwrap_or_default(),
        path: request.uri().path().to_owned(),
        message: Vec::new(),
    };
    let head = Response::builder().header("content-type", "application/grpc").body(())?;
    let mut out = respond.send_response(head, false)?;
    let (sender, mut pushed) = unbounded_channel();
    shared.lock().streams.push(sender);
    let mut body = request.into_body();
    let mut buffer = Vec::new();
    loop {
        let said = tokio::select! {
            Some(chunk) = body.data() => {
                let chunk = chunk?;
                body.flow_control().release_capacity(chunk.len())?;
                buffer.extend_from_slice(&chunk);
                answers(&mut buffer, &heard, shared)
            }
            Some(said) = pushed.recv() => vec![said],
            else => return Ok(()),
        };
        for said in said {
            if say(&mut out, said)? {
                return Ok(());
            }
        }
    }
}

/// What follows the whole messages in the buffer, which are taken out of it.
fn answers(buffer: &mut Vec<u8>, head: &Heard, shared: &Shared) -> Vec<Said> {
    let mut said = Vec::new();
    while let Some([_flag, length @ ..]) = buffer.first_chunk::<PREFIX>() {
        let end = PREFIX + u32::from_be_bytes(*length) as usize;
        let Some(message) = buffer.get(PREFIX..end) else { break };
        let heard = Heard { message: message.to_vec(), ..head.clone() };
        buffer.drain(..end);
        shared.lock().heard.push(heard.clone());
        said.extend((shared.handler)(&heard));
    }
    said
}

/// Whether that was the end.
fn say(out: &mut SendStream<Bytes>, said: Said) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    match said {
        Said::Message(message) => {
            let length = u32::try_from(message.len())?.to_be_bytes();
            out.send_data([&[0], length.as_slice(), &message].concat().into(), false)?;
            Ok(false)
        }
        Said::Status(code, text) => {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", code.to_string().parse()?);
            trailers.insert("grpc-message", text.parse()?);
            out.send_trailers(trailers)?;
            Ok(true)
        }
    }
}
