//! However a body is cut on its way, verdict and outgoing bytes are those of the whole body.

use gatewright_core::Piece;

use crate::policies::*;

const GOOD: &[u8] = b"how now, brown cow?";
const BAD: &[u8] = b"how now, evil cow?";

fn is_bad(body: &[u8]) -> bool {
    body.windows(4).any(|window| window == b"evil")
}

/// Finds the word also where it lies across pieces; upper-cases what passes.
fn shouting() -> impl FnMut(&mut Piece) -> Result<(), Reply> + 'static {
    let mut seen = Vec::new();
    move |piece| {
        seen.extend_from_slice(&piece.data);
        piece.data.make_ascii_uppercase();
        if is_bad(&seen) { Err(Reply::forbidden("evil")) } else { Ok(()) }
    }
}

macro_rules! two_ways {
    ($name:ident, |$message:ident| $read:block) => {
        policy!($name, Phases::REQUEST_BODY.and(Phases::RESPONSE_BODY), |mut request, cx| {
            let wait = request.header("x-wait").is_some();
            if request.header("x-direction") == Some(b"response") {
                let mut $message = request.forward().await;
                $read;
                if wait {
                    cx.sleep(ms(1)).await;
                }
                return Ok($message.into());
            }
            let $message = &mut request;
            $read;
            if wait {
                cx.sleep(ms(1)).await;
            }
            Ok(request.forward().into())
        });
    };
}

two_ways!(Whole, |message| {
    if is_bad(message.body(64).await?) {
        return Ok(Reply::forbidden("evil").into());
    }
});

two_ways!(Chunks, |message| {
    let mut body = Vec::new();
    while let Some(chunk) = message.next_chunk().await? {
        body.extend(chunk);
        if is_bad(&body) {
            return Ok(Reply::forbidden("evil").into());
        }
    }
});

two_ways!(Reversed, |message| {
    let body: Vec<u8> = message.body(64).await?.iter().rev().copied().collect();
    if is_bad(message.body(64).await?) {
        return Ok(Reply::forbidden("evil").into());
    }
    message.set_body(body);
});

two_ways!(Filtered, |message| {
    message.filter_body(shouting());
});

/// Status and what came out at the other end; a cut response has no status that counts.
fn outcome<P: Policy>(direction: &str, pieces: &[&[u8]], wait: bool, trailers: bool) -> (u16, Vec<u8>) {
    let mut request = Sent::new("POST", "/").with_header("x-direction", direction);
    let mut response = Answered::new(200);
    if wait {
        request = request.with_header("x-wait", "1");
    }
    for piece in pieces {
        match direction {
            "request" => request = request.with_body(*piece),
            _ => response = response.with_body(*piece),
        }
    }
    if trailers {
        (request, response) = (request.with_trailer("t", "1"), response.with_trailer("t", "1"));
    }
    let answer = move |_: &Sent| Answer::from(response.clone());
    let mut proxy = with::<P>(Proxy::builder().upstream("upstream", answer), "{}");
    let exchange = proxy.send(request);
    proxy.advance(ms(5));
    assert!(!exchange.is_pending() && !exchange.is_hung());
    let refused = exchange.was_cut() || exchange.status() == 403;
    let out = match direction {
        _ if refused => Vec::new(),
        "request" => exchange.upstream_request().unwrap().body_bytes(),
        _ => exchange.response().unwrap().body_bytes(),
    };
    (if refused { 403 } else { exchange.status() }, out)
}

fn every_split<P: Policy>(good: &[u8]) {
    for (body, expected) in [(GOOD, (200, good.to_vec())), (BAD, (403, Vec::new()))] {
        for direction in ["request", "response"] {
            for (wait, trailers) in [(false, false), (true, false), (false, true), (true, true)] {
                let check = |pieces: &[&[u8]]| {
                    let found = outcome::<P>(direction, pieces, wait, trailers);
                    assert_eq!(found, expected, "{direction} {pieces:?} wait: {wait} trailers: {trailers}");
                };
                check(&[body]);
                check(&body.chunks(1).collect::<Vec<_>>());
                for at in 1..body.len() {
                    let (head, tail) = body.split_at(at);
                    check(&[head, tail]);
                }
            }
        }
    }
}

#[test]
fn of_a_body_that_is_read_whole() {
    every_split::<Whole>(GOOD);
}

#[test]
fn of_a_body_that_is_read_chunk_by_chunk() {
    every_split::<Chunks>(GOOD);
}

#[test]
fn of_a_body_that_is_replaced() {
    every_split::<Reversed>(b"?woc nworb ,won woh");
}

#[test]
fn of_a_body_that_is_filtered() {
    every_split::<Filtered>(b"HOW NOW, BROWN COW?");
}
