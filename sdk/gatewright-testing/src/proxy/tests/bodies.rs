use gatewright_core::host::{BufferKind, Host, MapKind, Status};

use super::*;

const REQUEST: BufferKind = BufferKind::RequestBody;
const RESPONSE: BufferKind = BufferKind::ResponseBody;

/// Notes every request body callback and returns `code` until the end, then Continue.
fn body_script(notes: &Notes, code: u32) -> impl Fn(&VmHost) -> Scripted + 'static {
    let notes = notes.clone();
    move |host| {
        let (host, notes, trailers) = (host.clone(), notes.clone(), notes.clone());
        let in_trailers = host.clone();
        Scripted::new()
            .on_request_body(move |_, size, end| {
                notes.add(format!("{size} {end} {}", body(&host, REQUEST)));
                Ok(if end { 0 } else { code })
            })
            .on_request_trailers(move |_, count| {
                trailers.add(format!("trailers {count} {}", body(&in_trailers, REQUEST)));
                Ok(0)
            })
    }
}

#[test]
fn a_body_passed_on_comes_in_pieces_and_an_empty_end() {
    let notes = Notes::default();
    let mut proxy = start(body_script(&notes, 0));
    let exchange = proxy.send(Request::new("POST", "/").with_body("one").with_body("two"));
    assert_eq!(notes.take(), ["3 false one", "3 false two", "0 true "]);
    assert_eq!(exchange.upstream_request().unwrap().body, [b"one", b"two"]);
}

#[test]
fn a_buffered_body_is_seen_whole_in_every_callback() {
    let notes = Notes::default();
    let mut proxy = start(body_script(&notes, 1));
    let exchange = proxy.send(Request::new("POST", "/").with_body("one").with_body("two"));
    assert_eq!(notes.take(), ["3 false one", "6 false onetwo", "6 true onetwo"]);
    assert_eq!(exchange.upstream_request().unwrap().body, [b"onetwo"]);
}

#[test]
fn a_body_with_trailers_never_ends_in_a_body_callback() {
    let notes = Notes::default();
    let mut proxy = start(body_script(&notes, 1));
    let exchange = proxy.send(Request::new("POST", "/").with_body("one").with_trailer("t", "1"));
    assert_eq!(notes.take(), ["3 false one", "trailers 1 one"]);
    let upstream = exchange.upstream_request().unwrap();
    assert_eq!((upstream.body_bytes(), upstream.trailers), (b"one".to_vec(), one("t", "1")));
}

#[test]
fn stop_and_watermark_shows_pieces_and_passes_all_on() {
    let notes = Notes::default();
    let mut proxy = start(body_script(&notes, 2));
    let exchange = proxy.send(Request::new("POST", "/").with_body("one").with_body("two"));
    assert_eq!(notes.take(), ["3 false one", "3 false two", "0 true "]);
    assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"onetwo");
}

#[test]
fn stop_without_buffer_loses_the_piece() {
    let notes = Notes::default();
    let mut proxy = start(body_script(&notes, 3));
    let exchange = proxy.send(Request::new("POST", "/").with_body("one").with_body("two"));
    assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"");
}

#[test]
fn a_continue_from_outside_passes_on_what_was_buffered_without_a_callback() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (host, seen, exchange) = (host.clone(), seen.clone(), Rc::new(RefCell::new(0)));
        let (ticking, current) = (host.clone(), exchange.clone());
        Scripted::new()
            .on_request_body(move |context, size, end| {
                seen.add(format!("{size} {end}"));
                *current.borrow_mut() = context;
                ticking.set_tick_period(1).unwrap();
                Ok(1)
            })
            .on_tick(move |_| {
                host.set_effective_context(*exchange.borrow()).unwrap();
                host.continue_stream(Direction::Request).unwrap();
                host.set_tick_period(0).unwrap();
                Ok(())
            })
    });
    let exchange = proxy.send(Request::new("POST", "/").with_body("one"));
    assert!(exchange.is_pending());
    proxy.advance(Duration::from_millis(1));
    assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"one");
    assert_eq!(notes.take(), ["3 false", "3 true"]);
}

#[test]
fn the_buffer_limit_is_413_for_requests_that_are_buffered() {
    let limit = 1 << 20;
    let notes = Notes::default();
    let mut proxy = start(body_script(&notes, 1));
    let most = proxy.send(Request::post("/", vec![b'x'; limit]));
    assert_eq!(most.status(), 200);
    let more = proxy.send(Request::new("POST", "/").with_body(vec![b'x'; limit]).with_body("x"));
    assert_eq!((more.status(), more.details().as_deref()), (413, Some("request_payload_too_large")));
    let mut proxy = start(body_script(&notes, 0));
    assert_eq!(proxy.send(Request::post("/", vec![b'x'; 3 * limit])).status(), 200);
}

#[test]
fn a_held_request_waits_at_its_sender_or_is_413_if_it_is_to_be_buffered() {
    let limit = 1 << 20;
    let large = || Request::new("POST", "/").with_body(vec![b'x'; limit]).with_body("x");
    let mut proxy = start(|_| Scripted::new().on_request_headers(|_, _, _| Ok(4)));
    assert!(proxy.send(large()).is_pending());
    let mut proxy = start(|_| Scripted::new().on_request_headers(|_, _, _| Ok(3)));
    assert_eq!(proxy.send(large()).status(), 413);
    let exchange = proxy.exchange(Request::new("POST", "/")).start();
    proxy.send_body(&exchange, vec![b'x'; limit], false);
    assert!(exchange.is_pending());
    proxy.send_body(&exchange, "x", false);
    assert_eq!(exchange.status(), 413);
}

#[test]
fn a_response_over_the_limit_is_500_with_held_headers_and_cut_without() {
    let large = |_: &Request| Response::new(200).with_body(vec![b'x'; (1 << 20) + 1]).into();
    let builder = || Proxy::builder().allow_on_headers_stop_iteration(true).upstream("upstream", large);
    let script = |code| {
        move |_: &VmHost| Scripted::new().on_response_headers(move |_, _, _| Ok(code)).on_response_body(|_, _, _| Ok(1))
    };
    let exchange = start_with(builder(), script(1)).send(Request::get("/"));
    assert_eq!((exchange.status(), exchange.details().as_deref()), (500, Some("response_payload_too_large")));
    let exchange = start_with(builder(), script(0)).send(Request::get("/"));
    assert_eq!((exchange.status(), exchange.was_cut()), (200, true));
}

#[test]
fn set_buffer_replaces_a_beginning_or_appends_and_nothing_else() {
    let mut proxy = start(|host| {
        let host = host.clone();
        Scripted::new().on_request_body(move |_, _, end| {
            if !end {
                host.set_buffer(REQUEST, 0, 2, b"AB").unwrap();
                assert_eq!(body(&host, REQUEST), "ABcd");
                host.set_buffer(REQUEST, 0, 0, b"<").unwrap();
                host.set_buffer(REQUEST, 99, 0, b">").unwrap();
                assert_eq!(host.set_buffer(REQUEST, 1, 2, b"x"), Err(Status::BadArgument));
                assert_eq!(body(&host, REQUEST), "<ABcd>");
                host.set_buffer(REQUEST, 0, 999, b"new").unwrap();
                assert_eq!(host.set_buffer(RESPONSE, 0, 9, b"x"), Err(Status::BadArgument));
            }
            Ok(0)
        })
    });
    let exchange = proxy.send(Request::new("POST", "/").with_body("abcd"));
    assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"new");
}

#[test]
fn buffer_reads_are_clipped_and_never_fail_for_want_of_a_body() {
    let mut proxy = start(|host| {
        let (in_headers, in_body) = (host.clone(), host.clone());
        Scripted::new()
            .on_request_headers(move |_, _, _| {
                assert_eq!(in_headers.buffer(REQUEST, 0, 10), Ok(Vec::new()));
                assert_eq!(in_headers.buffer(BufferKind::PluginConfiguration, 0, 10), Err(Status::NotFound));
                Ok(0)
            })
            .on_request_body(move |_, _, end| {
                if !end {
                    assert_eq!(in_body.buffer(REQUEST, 2, 99), Ok(b"cd".to_vec()));
                    assert_eq!(in_body.buffer(REQUEST, 9, 1), Ok(Vec::new()));
                    assert_eq!(in_body.buffer(REQUEST, usize::MAX, 2), Err(Status::BadArgument));
                    assert_eq!(in_body.buffer(RESPONSE, 0, 9), Ok(Vec::new()));
                }
                Ok(0)
            })
    });
    assert_eq!(proxy.send(Request::new("POST", "/").with_body("abcd")).status(), 200);
}

#[test]
fn a_changed_body_keeps_its_content_length_so_the_upstream_says_400_and_the_client_hangs() {
    let reply = |_: &Request| Response::new(200).with_header("content-length", "4").with_body("long").into();
    let mut proxy = start_with(Proxy::builder().upstream("upstream", reply), |host| {
        let (requests, responses) = (host.clone(), host.clone());
        Scripted::new()
            .on_request_body(move |_, size, _| {
                if requests.property(b"request\0path") != Ok(b"/keep".to_vec()) && size == 4 {
                    requests.set_buffer(REQUEST, 0, 4, b"x").unwrap();
                }
                Ok(0)
            })
            .on_response_body(move |_, size, _| {
                if size == 4 {
                    responses.set_buffer(RESPONSE, 0, 4, b"x").unwrap();
                }
                Ok(0)
            })
    });
    let exchange = proxy.send(Request::post("/", "body").with_header("content-length", "4"));
    assert_eq!((exchange.status(), exchange.is_hung()), (400, false));
    let exchange = proxy.send(Request::post("/", "body"));
    assert_eq!((exchange.status(), exchange.is_hung()), (200, true));
}

#[test]
fn trailers_added_in_the_last_body_callback_are_accepted_and_lost() {
    let builder = Proxy::builder().upstream("upstream", |_| Response::new(200).with_body("b").into());
    let mut proxy = start_with(builder, |host| {
        let host = host.clone();
        Scripted::new().on_response_body(move |_, _, end| {
            let expected = if end { Ok(()) } else { Err(Status::BadArgument) };
            assert_eq!(host.add_header(MapKind::ResponseTrailers, b"t", b"1"), expected);
            Ok(0)
        })
    });
    let response = proxy.send(Request::get("/")).response().unwrap();
    assert_eq!((response.text().as_str(), response.trailers), ("b", Fields::new()));
}

#[test]
fn head_and_204_responses_end_with_their_headers() {
    let reply = |request: &Request| {
        let status = if request.path() == "/204" { 204 } else { 200 };
        Response::new(status).with_header("content-length", "4").with_body("body").into()
    };
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start_with(Proxy::builder().upstream("upstream", reply), move |_| {
        let seen = seen.clone();
        Scripted::new().on_response_headers(move |_, _, end| {
            seen.add(end);
            Ok(0)
        })
    });
    for request in [Request::new("HEAD", "/"), Request::get("/204"), Request::get("/")] {
        assert!(!proxy.send(request).is_hung());
    }
    assert_eq!(notes.take(), ["true", "true", "false"]);
}

#[test]
fn a_streamed_exchange_goes_step_by_step() {
    let notes = Notes::default();
    let builder = Proxy::builder().upstream("upstream", |_| Answer::never());
    let mut proxy = start_with(builder, body_script(&notes, 0));
    let exchange = proxy.exchange(Request::new("POST", "/")).start();
    assert!(exchange.upstream_so_far().is_some() && exchange.upstream_request().is_none());
    proxy.send_body(&exchange, "one", false);
    proxy.send_trailers(&exchange, one("t", "1"));
    assert_eq!(exchange.upstream_request().unwrap().trailers, one("t", "1"));
    proxy.respond_headers(&exchange, Response::new(200), false);
    proxy.respond_body(&exchange, "r", false);
    assert_eq!(exchange.response_so_far().unwrap().text(), "r");
    assert!(exchange.is_pending() && exchange.response().is_none());
    proxy.respond_trailers(&exchange, one("u", "2"));
    assert_eq!(exchange.response().unwrap().trailers, one("u", "2"));
}
