use gatewright_core::host::{Host, MapKind, Status};

use super::*;

/// Notes the end of each exchange.
fn ending(notes: &Notes, hold: bool) -> impl Fn(&VmHost) -> Scripted + 'static {
    let notes = notes.clone();
    move |host| {
        let (log, done, delete, host) = (notes.clone(), notes.clone(), notes.clone(), host.clone());
        let writing = host.clone();
        Scripted::new()
            .on_request_headers(move |_, _, _| Ok(if hold { 4 } else { 0 }))
            .on_log(move |_| {
                let path = header(&host, MapKind::RequestHeaders, ":path");
                let status = header(&host, MapKind::ResponseHeaders, ":status");
                let flags = property(&host, &["response", "flags"]).unwrap()[1];
                log.add(format!("log {path:?} {status:?} {flags:#x}"));
                assert_eq!(writing.add_header(MapKind::ResponseHeaders, b"a", b"b"), Err(Status::BadArgument));
                Ok(())
            })
            .on_done(move |_| {
                done.add("done");
                Ok(true)
            })
            .on_delete(move |_| {
                delete.add("delete");
                Ok(())
            })
    }
}

#[test]
fn an_exchange_is_logged_then_done_then_deleted() {
    let notes = Notes::default();
    start(ending(&notes, false)).send(Request::get("/a"));
    assert_eq!(notes.take(), ["log Ok(\"/a\") Ok(\"200\") 0x0", "done", "delete"]);
}

#[test]
fn an_abort_ends_a_held_exchange_without_a_status() {
    let notes = Notes::default();
    let mut proxy = start(ending(&notes, true));
    let exchange = proxy.send(Request::get("/a"));
    assert!(notes.take().is_empty());
    proxy.abort(&exchange);
    assert_eq!(notes.take(), ["log Ok(\"/a\") Err(BadArgument) 0x40", "done", "delete"]);
    assert!(!exchange.is_pending() && exchange.response().is_none());
    proxy.abort(&exchange);
    assert!(notes.take().is_empty());
}

#[test]
fn a_context_whose_end_is_deferred_is_deleted_once_it_is_done() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (host, ending, seen) = (host.clone(), Rc::new(RefCell::new(0)), seen.clone());
        let (context, ticking) = (ending.clone(), host.clone());
        Scripted::new()
            .on_configure(move |_, _| Ok(ticking.set_tick_period(1000).is_ok()))
            .on_done(move |context| {
                *ending.borrow_mut() = context;
                Ok(false)
            })
            .on_tick(move |_| {
                host.set_effective_context(*context.borrow()).unwrap();
                host.done().unwrap();
                Ok(())
            })
            .on_delete(move |_| {
                seen.add("deleted");
                Ok(())
            })
    });
    proxy.send(Request::get("/"));
    assert!(notes.take().is_empty());
    proxy.advance(Duration::from_secs(1));
    assert_eq!(notes.take(), ["deleted"]);
}

#[test]
fn an_upstream_reset_is_503_before_the_headers_and_a_cut_after() {
    let builder = || Proxy::builder().upstream("upstream", |_| Answer::never());
    let mut proxy = start_with(builder(), |_| Scripted::new());
    let exchange = proxy.send(Request::get("/"));
    proxy.reset_upstream(&exchange);
    assert_eq!((exchange.status(), exchange.was_cut()), (503, false));
    let exchange = proxy.send(Request::get("/"));
    proxy.respond_headers(&exchange, Response::new(200), false);
    proxy.reset_upstream(&exchange);
    assert_eq!((exchange.status(), exchange.was_cut()), (200, true));
}

#[test]
fn the_upstream_of_a_route_times_out() {
    let answers = |request: &Request| match request.path().as_str() {
        "/slow" => Answer::delay(Duration::from_secs(20), Response::new(200)),
        "/refused" => Answer::refused(),
        "/failed" => Answer::failed(),
        _ => Answer::delay(Duration::from_secs(14), Response::new(200)),
    };
    let mut proxy = start_with(Proxy::builder().upstream("upstream", answers), |_| Scripted::new());
    let exchanges: Vec<_> =
        ["/slow", "/", "/refused", "/failed"].map(|path| proxy.send(Request::get(path))).into_iter().collect();
    proxy.advance(Duration::from_secs(14));
    assert_eq!(exchanges.iter().map(Exchange::status).collect::<Vec<_>>(), [0, 200, 503, 503]);
    proxy.advance(Duration::from_secs(1));
    assert_eq!((exchanges[0].status(), exchanges[0].details().as_deref()), (504, Some("response_timeout")));
}
