//! Bodies and trailers: limits, replacement, and what policies read of them.

use gatewright_host::scenario::{Host, SERVICE, Scene};
use gatewright_testing::message::Request;

use crate::setup::{body, status, steps, still_serves, trouble};

on_both!(
    above_the_policys_limit,
    above_the_proxys_limit,
    a_response_above_the_policys_limit,
    replaced_both_ways,
    trailers_are_read_both_ways,
    a_reply_in_place_of_the_response,
);

fn above_the_policys_limit(host: Host) {
    let mut stage = trouble().start(host).unwrap();
    let send = |size: usize| post("body 1000", size);
    assert_eq!(status(&mut *stage, &send(1_000)), 200);
    assert_eq!(status(&mut *stage, &send(1_001)), 413);
    assert_eq!(status(&mut *stage, &send(300_000)), 413);
    assert_eq!(stage.requests(SERVICE).len(), 1);
    still_serves(&mut *stage, &Request::get("/"));
}

fn above_the_proxys_limit(host: Host) {
    let mut stage = Scene { buffer_limit: 16_384, ..trouble() }.start(host).unwrap();
    assert_eq!(status(&mut *stage, &post("body 10000000", 10_000)), 200);
    assert_eq!(status(&mut *stage, &post("body 10000000", 200_000)), 413);
    assert_eq!(stage.requests(SERVICE).len(), 1);
    still_serves(&mut *stage, &Request::get("/"));
}

fn a_response_above_the_policys_limit(host: Host) {
    let mut stage = trouble().upstream(SERVICE, body).start(host).unwrap();
    assert_eq!(status(&mut *stage, &steps("forward; body 10")), 200);
    assert_eq!(status(&mut *stage, &steps("forward; body 9")), 503);
    still_serves(&mut *stage, &Request::get("/"));
}

fn replaced_both_ways(host: Host) {
    let mut stage = trouble().upstream(SERVICE, body).start(host).unwrap();
    let response = stage.answer(&post("body 100; replace request; forward; body 100; replace response", 50)).unwrap();
    assert_eq!((response.status(), response.text().as_str()), (200, "response"));
    assert_eq!(stage.requests(SERVICE)[0].body_bytes(), b"request");
    still_serves(&mut *stage, &Request::get("/"));
}

fn trailers_are_read_both_ways(host: Host) {
    let mut stage = trouble().upstream(SERVICE, body).start(host).unwrap();
    let request = post("trailers x-sum", 5).with_trailer("x-sum", "5");
    assert_eq!(stage.answer(&request).unwrap().header("x-trailer").as_deref(), Some("5"));
    let response = stage.answer(&steps("forward; trailers x-sum")).unwrap();
    assert_eq!(response.header("x-trailer").as_deref(), Some("10"));
    still_serves(&mut *stage, &Request::get("/"));
}

fn a_reply_in_place_of_the_response(host: Host) {
    let mut stage = trouble().upstream(SERVICE, body).start(host).unwrap();
    for told in ["forward; reply 451", "forward; body 100; reply 451"] {
        let response = stage.answer(&steps(told)).unwrap();
        assert_eq!((response.status(), response.text().as_str()), (451, "told"), "{told}");
    }
    still_serves(&mut *stage, &Request::get("/"));
}

fn post(told: &str, size: usize) -> Request {
    Request::post("/", vec![b'x'; size]).with_header("x-trouble", told)
}
