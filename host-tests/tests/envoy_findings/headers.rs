//! When headers can be read, what editing them does, and where they silently vanish.

use gatewright_host::scenario::{Route, SERVICE, Scene};
use gatewright_testing::message::{Request, Response};

use crate::setup::{found, probe, result, results, start};

/// The ABI's `BadArgument`.
const BAD_ARGUMENT: &str = "status 2";

#[test]
fn request_headers_are_gone_after_continue() {
    let mut stage = start(probe());
    assert_eq!(result(&mut *stage, "request-headers", "header request :path"), "/");
    assert_eq!(result(&mut *stage, "response-headers", "header request :path"), BAD_ARGUMENT);

    stage.answer(&Request::get("/late").with_header("x-probe-log", "header request :path")).unwrap();
    let log = stage.log().unwrap();
    assert!(log.iter().any(|line| line == "header request :path=/late"), "{log:?}");
}

#[test]
fn all_headers_of_a_map_that_is_gone_are_none_and_no_error() {
    let mut stage = start(probe());
    assert_ne!(result(&mut *stage, "request-headers", "count request"), "0");
    assert_eq!(result(&mut *stage, "response-headers", "count request"), "0");
}

#[test]
fn held_back_request_headers_stay_readable() {
    let mut stage = start(probe());
    let request = Request::post("/held", "body")
        .with_header("x-probe-request-headers", "pause")
        .with_header("x-probe-request-body", "buffer; header request :path; set request x-added late")
        .with_header("x-probe-response-headers", "header request :path");
    let found = results(&stage.answer(&request).unwrap());
    let read = "header request :path=/held";
    assert_eq!(found, [read, "set request x-added late=ok", read]);
    assert_eq!(stage.requests(SERVICE)[0].header("x-added").as_deref(), Some("late"));
}

#[test]
fn header_edit_clears_route_cache() {
    let on = |name: &'static str| move |_: &Request| Response::new(200).with_header("x-route", name).into();
    let scene = probe()
        .route(Route::prefix("/").with_header("x-pick", "b").named("b").to("b"))
        .route(Route::prefix("/").named("a").to("a"))
        .upstream("a", on("a"))
        .upstream("b", on("b"));
    let request = Request::get("/")
        .with_header("x-probe-request-headers", "set request x-pick b; property xds/route_name")
        .with_header("x-probe-response-headers", "property xds/route_name");
    let response = start(scene).answer(&request).unwrap();
    assert_eq!(response.header("x-route").as_deref(), Some("b"), "routed anew");
    let (before, after) = ("property xds/route_name=a", "property xds/route_name=b");
    assert_eq!(results(&response), ["set request x-pick b=ok", before, after], "but the plugin saw the old route");
}

#[test]
fn the_by_name_getter_returns_the_first_of_duplicates() {
    let request = Request::get("/")
        .with_header("x-twice", "1")
        .with_header("x-twice", "2")
        .with_header("x-probe-request-headers", "header request x-twice");
    assert_eq!(results(&start(probe()).answer(&request).unwrap()), ["header request x-twice=1"]);
}

#[test]
fn bytes_that_are_not_utf8_reach_the_plugin_as_they_are() {
    let mut stage = start(probe().upstream(SERVICE, |_| Response::new(200).with_header("x-odd", [b'r', 0xfc]).into()));
    let request = Request::get("/")
        .with_header("x-odd", [b'q', 0xfc])
        .with_header("x-probe-request-headers", "header request x-odd")
        .with_header("x-probe-response-headers", "header response x-odd");
    let response = stage.answer(&request).unwrap();
    assert_eq!(results(&response), ["header request x-odd=0x71fc", "header response x-odd=0x72fc"]);
    assert!(response.headers.contains(&(b"x-odd".to_vec(), vec![b'r', 0xfc])));
}

#[test]
fn more_than_1024_headers_written_at_once_become_none() {
    let mut stage = start(probe());
    let mut replied = |count: usize| {
        let command = format!("reply 418 {count}");
        let response = stage.answer(&Request::get("/").with_header("x-probe-request-headers", command)).unwrap();
        assert_eq!(response.status(), 418);
        response.header_values("x-many").len()
    };
    assert_eq!(replied(1_024), 1_024);
    assert_eq!(replied(1_025), 0, "silently");

    let mut refilled = |count: usize| {
        let command = format!("refill response {count}; count response");
        stage.answer(&Request::get("/").with_header("x-probe-response-headers", command)).unwrap()
    };
    assert_eq!(results(&refilled(1_024)), ["refill response 1024=ok", "count response=1024"]);
    let wiped = refilled(1_025);
    assert_eq!((wiped.status(), wiped.text().as_str()), (502, "missing required header: :status"));
}

#[test]
fn more_than_1024_headers_can_be_read_at_once() {
    let mut stage = start(Scene { max_request_headers: 2_000, ..probe() });
    let mut request = Request::get("/").with_header("x-probe-request-headers", "count request; header request x-last");
    for n in 0..1_100 {
        request = request.with_header("x-many", n.to_string());
    }
    let found = results(&stage.answer(&request.with_header("x-last", "here")).unwrap());
    let [count, last] = found.as_slice() else { panic!("{found:?}") };
    let count: usize = count.strip_prefix("count request=").unwrap().parse().unwrap();
    assert!(count > 1_100, "{count}");
    assert_eq!(last, "header request x-last=here");
}

#[test]
fn more_headers_than_the_proxy_takes_are_431_before_the_plugin() {
    let mut stage = start(probe());
    let mut request = Request::get("/").with_header("x-probe-request-headers", "config");
    for n in 0..100 {
        request = request.with_header("x-many", n.to_string());
    }
    let response = stage.answer(&request).unwrap();
    assert_eq!((response.status(), results(&response)), (431, Vec::new()));
    assert_eq!(found(&mut *stage, "/", "config"), ["config="]);
}
