use gatewright_core::host::{Host, MapKind, Status};

use super::*;

#[test]
fn a_guest_without_callbacks_lets_everything_pass() {
    let mut proxy = start(|_| Scripted::new());
    let exchange = proxy.send(Request::post("/a", "body").with_header("content-length", "4"));
    assert_eq!(exchange.status(), 200);
    assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"body");
    assert_eq!(exchange.details().as_deref(), Some("via_upstream"));
}

#[test]
fn request_headers_are_gone_after_continue() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (seen, in_headers, in_body, in_response) = (seen.clone(), host.clone(), host.clone(), host.clone());
        let (body_notes, response_notes) = (seen.clone(), seen.clone());
        Scripted::new()
            .on_request_headers(move |_, count, end| {
                seen.add(format!("{count} {end} {:?}", header(&in_headers, MapKind::RequestHeaders, ":path")));
                Ok(0)
            })
            .on_request_body(move |_, _, _| {
                body_notes.add(format!("{:?}", in_body.header_pairs(MapKind::RequestHeaders)));
                Ok(0)
            })
            .on_response_headers(move |_, _, _| {
                response_notes.add(format!("{:?}", in_response.add_header(MapKind::RequestHeaders, b"a", b"b")));
                Ok(0)
            })
    });
    proxy.send(Request::new("POST", "/a").with_body("x"));
    let (empty, gone) = ("Ok([])", "Err(BadArgument)");
    assert_eq!(notes.take(), ["4 false Ok(\"/a\")", empty, empty, gone]);
}

#[test]
fn headers_held_for_the_body_stay_readable_in_later_phases() {
    let notes = Notes::default();
    let seen = notes.clone();
    let builder = Proxy::builder().allow_on_headers_stop_iteration(true);
    let mut proxy = start_with(builder, move |host| {
        let (seen, in_body, in_response) = (seen.clone(), host.clone(), host.clone());
        Scripted::new()
            .on_request_headers(|_, _, _| Ok(1))
            .on_request_body(move |_, _, end| {
                in_body.replace_header(MapKind::RequestHeaders, b"x-late", b"1").unwrap();
                Ok(u32::from(!end))
            })
            .on_response_headers(move |_, _, _| {
                seen.add(format!("{:?}", header(&in_response, MapKind::RequestHeaders, "x-late")));
                Ok(0)
            })
    });
    let exchange = proxy.send(Request::new("POST", "/a").with_body("x"));
    assert_eq!(exchange.upstream_request().unwrap().header("x-late").as_deref(), Some("1"));
    assert_eq!(notes.take(), ["Ok(\"1\")"]);
}

#[test]
fn pause_in_headers_stops_body_callbacks_until_resumed() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (host, seen, context) = (host.clone(), seen.clone(), Rc::new(RefCell::new(0)));
        let paused = context.clone();
        let ticking = host.clone();
        Scripted::new()
            .on_request_headers(move |context, _, _| {
                *paused.borrow_mut() = context;
                ticking.set_tick_period(10).unwrap();
                Ok(1)
            })
            .on_request_body(move |_, size, end| {
                seen.add(format!("{size} {end}"));
                Ok(0)
            })
            .on_tick(move |_| {
                host.set_effective_context(*context.borrow()).unwrap();
                host.continue_stream(Direction::Request).unwrap();
                Ok(())
            })
    });
    let exchange = proxy.send(Request::new("POST", "/a").with_body("one").with_body("two"));
    assert!(exchange.is_pending() && exchange.upstream_so_far().is_none());
    assert!(notes.take().is_empty());
    proxy.advance(Duration::from_millis(10));
    // What waited comes as one piece, with the end of the stream.
    assert_eq!(notes.take(), ["6 true"]);
    assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"onetwo");
}

#[test]
fn continue_stream_drops_the_request_headers() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start(move |host| {
        let (host, seen) = (host.clone(), seen.clone());
        Scripted::new().on_request_headers(move |_, _, _| {
            host.continue_stream(Direction::Request).unwrap();
            seen.add(format!("{:?}", host.header_value(MapKind::RequestHeaders, b":path")));
            Ok(1)
        })
    });
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
    assert_eq!(notes.take(), ["Err(BadArgument)"]);
}

#[test]
fn raw_stop_codes_above_those_known_stop_everything() {
    for code in [3, 4, 5, 99] {
        let mut proxy = start_with(Proxy::builder().allow_on_headers_stop_iteration(true), move |_| {
            Scripted::new()
                .on_request_headers(move |_, _, _| Ok(code))
                .on_request_body(|_, _, _| Err(Trap("body".into())))
        });
        let exchange = proxy.send(Request::post("/", "x"));
        assert!(exchange.is_pending() && proxy.is_alive(0), "code {code}");
    }
}

#[test]
fn the_getter_by_name_returns_the_first_value_only() {
    let mut proxy = start(|host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            assert_eq!(header(&host, MapKind::RequestHeaders, "X-A").as_deref(), Ok("1"));
            assert_eq!(header(&host, MapKind::RequestHeaders, "x-b"), Err(Status::NotFound));
            Ok(0)
        })
    });
    let request = Request::get("/").with_header("x-a", "1").with_header("x-a", "2");
    assert_eq!(proxy.send(request).status(), 200);
}

#[test]
fn a_list_of_more_than_1024_pairs_wipes_the_headers() {
    let mut proxy = start(|host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            let many: Fields = (0..1025).map(|n| (format!("x-{n}").into_bytes(), Vec::new())).collect();
            host.set_header_pairs(MapKind::RequestHeaders, &fields::encode(&many)).unwrap();
            Ok(0)
        })
    });
    let exchange = proxy.send(Request::get("/"));
    assert_eq!(exchange.upstream_request().unwrap().headers, Fields::new());
}

#[test]
fn more_than_100_request_headers_are_431_before_the_filter() {
    let mut proxy = start(|_| {
        Scripted::new().on_context_create(|_, parent| if parent == 0 { Ok(()) } else { Err(Trap("ran".into())) })
    });
    let request = (0..97).fold(Request::get("/"), |request, n| request.with_header(&format!("x-{n}"), "1"));
    assert_eq!(proxy.send(request).status(), 431);
    assert!(proxy.is_alive(0));
}

#[test]
fn a_changed_header_makes_the_proxy_route_anew_while_the_guest_sees_the_old_route() {
    let notes = Notes::default();
    let seen = notes.clone();
    let routes = [Route::prefix("/").named("b").with_header("x-pick", "b"), Route::prefix("/").named("a")];
    let mut proxy = start_with(Proxy::builder().routes(routes), move |host| {
        let (host, later, seen) = (host.clone(), host.clone(), seen.clone());
        let notes = seen.clone();
        let name = |host: &VmHost| String::from_utf8(property(host, &["xds", "route_name"]).unwrap()).unwrap();
        Scripted::new()
            .on_request_headers(move |_, _, _| {
                host.add_header(MapKind::RequestHeaders, b"x-pick", b"b").unwrap();
                notes.add(name(&host));
                Ok(0)
            })
            .on_response_headers(move |_, _, _| {
                seen.add(name(&later));
                Ok(0)
            })
    });
    proxy.send(Request::get("/"));
    assert_eq!(notes.take(), ["a", "b"]);
}

#[test]
fn no_route_runs_the_filter_and_is_404() {
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start_with(Proxy::builder().routes([Route::exact("/a")]), move |host| {
        let (host, seen, responses) = (host.clone(), seen.clone(), seen.clone());
        Scripted::new()
            .on_request_headers(move |_, _, _| {
                seen.add(format!("{:?}", property(&host, &["xds", "route_name"])));
                Ok(0)
            })
            .on_response_headers(move |_, _, end| {
                responses.add(end);
                Ok(0)
            })
    });
    let exchange = proxy.send(Request::get("/b"));
    assert_eq!((exchange.status(), exchange.details().as_deref()), (404, Some("route_not_found")));
    assert_eq!(notes.take(), ["Err(NotFound)", "true"]);
    assert!(exchange.upstream_so_far().is_none());
}

#[test]
fn routes_choose_their_plugin_upstream_or_direct_response() {
    let routes = [
        Route::prefix("/off").without_filter().to("other"),
        Route::prefix("/second").plugin("second"),
        Route::prefix("/direct").direct_response(Response::new(203).with_body("d")),
        Route::prefix("/lost").to("nowhere"),
        Route::prefix("/"),
    ];
    let builder = Proxy::builder()
        .routes(routes)
        .config("1")
        .plugin("second", "2")
        .upstream("other", |_| Response::new(201).into());
    let notes = Notes::default();
    let seen = notes.clone();
    let mut proxy = start_with(builder, move |host| {
        let (host, seen) = (host.clone(), seen.clone());
        Scripted::new().on_request_headers(move |_, _, _| {
            seen.add(String::from_utf8(property(&host, &["plugin_name"]).unwrap()).unwrap());
            Ok(0)
        })
    });
    let statuses: Vec<u16> = ["/off", "/second", "/direct", "/lost", "/"]
        .iter()
        .map(|path| proxy.send(Request::get(path)).status())
        .collect();
    assert_eq!(statuses, [201, 200, 203, 503, 200]);
    assert_eq!(notes.take(), ["second", "plugin", "plugin", "plugin"]);
}

#[test]
fn a_held_response_waits_and_its_headers_stay_readable_after_it_goes_on() {
    let notes = Notes::default();
    let seen = notes.clone();
    let builder = Proxy::builder().upstream("upstream", |_| Response::new(200).with_body("b").into());
    let mut proxy = start_with(builder, move |host| {
        let (holding, ticking, reading, seen) = (host.clone(), host.clone(), host.clone(), seen.clone());
        let held = Rc::new(RefCell::new(0));
        let context = held.clone();
        Scripted::new()
            .on_response_headers(move |context, _, _| {
                *held.borrow_mut() = context;
                holding.set_tick_period(10).unwrap();
                Ok(1)
            })
            .on_tick(move |_| {
                ticking.set_effective_context(*context.borrow()).unwrap();
                ticking.add_header(MapKind::ResponseHeaders, b"x-late", b"1").unwrap();
                ticking.continue_stream(Direction::Response).unwrap();
                ticking.set_tick_period(0).unwrap();
                Ok(())
            })
            .on_response_body(move |_, size, end| {
                // Envoy forgets only the request's lists here; a change comes too late for the client.
                let late = reading.add_header(MapKind::ResponseHeaders, b"x-later", b"1");
                seen.add(format!("{size} {end} {late:?}"));
                Ok(0)
            })
    });
    let exchange = proxy.send(Request::get("/"));
    assert!(exchange.is_pending() && exchange.response_so_far().is_none());
    proxy.advance(Duration::from_millis(10));
    let response = exchange.response().unwrap();
    assert_eq!((response.header("x-late").as_deref(), response.header("x-later")), (Some("1"), None));
    assert_eq!(notes.take(), ["1 true Ok(())"]);
}

#[test]
fn a_foreign_function_clears_the_route_cache() {
    let mut proxy = start_with(Proxy::builder().routes([Route::exact("/a").named("a")]), |host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            host.call_foreign("clear_route_cache", b"").unwrap();
            assert_eq!(property(&host, &["xds", "route_name"]), Ok(b"a".to_vec()));
            Ok(0)
        })
    });
    assert_eq!(proxy.send(Request::get("/a?q")).status(), 200);
}

#[test]
fn a_wrong_effective_context_is_a_bad_argument() {
    let mut proxy = start(|host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            assert_eq!(host.set_effective_context(99), Err(Status::BadArgument));
            host.set_effective_context(1).unwrap();
            assert_eq!(host.header_value(MapKind::RequestHeaders, b":path"), Err(Status::BadArgument));
            Ok(0)
        })
    });
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
}
