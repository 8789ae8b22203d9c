use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use gatewright_testing::message::{Request, Response};

use super::{Answer, Client, Ending, Upstream};

fn client(upstream: &Upstream) -> Client {
    Client::connect(upstream.address()).unwrap()
}

/// What a client sends, byte for byte, and what it makes of this answer.
fn against(answer: &'static [u8], request: &Request) -> (Vec<u8>, anyhow::Result<super::Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(answer).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut seen = Vec::new();
        stream.read_to_end(&mut seen).unwrap();
        seen
    });
    let mut client = Client::connect(address).unwrap();
    let received = client.send(request);
    client.abort();
    (server.join().unwrap(), received)
}

#[test]
fn a_request_arrives_as_it_was_written_and_the_connection_is_kept() {
    let upstream = Upstream::start(|request: &Request| {
        Response::new(200).with_header("x-path", request.path()).with_body(request.body_bytes())
    })
    .unwrap();
    let mut client = client(&upstream);
    let odd = Request::post("/one?q", "body").with_header("x-odd", [0xfc]).with_header("x-twice", "1");
    let odd = odd.with_header("x-twice", "2").with_host("other.example");
    let received = client.send(&odd).unwrap();
    assert_eq!(received.response.text(), "body");
    assert_eq!(received.response.header("x-path").as_deref(), Some("/one?q"));
    assert_eq!(client.send(&Request::get("/two")).unwrap().response.text(), "");

    let seen = upstream.requests();
    assert_eq!(seen[0], odd.with_header("content-length", "4"));
    assert_eq!(seen[1], Request::get("/two"));
    assert_eq!(upstream.connections(), 1);
}

#[test]
fn pieces_and_trailers_go_chunked_both_ways() {
    let upstream = Upstream::start(|request: &Request| {
        let echo = Response::new(200).with_trailer("x-end", request.trailers.len().to_string());
        request.body.iter().fold(echo, |response, piece| response.with_body(piece.clone()))
    })
    .unwrap();
    let mut client = client(&upstream);
    let request = Request::post("/", "ab").with_body("").with_body("c").with_trailer("x-sum", "3");
    let response = client.send(&request).unwrap().response;
    assert_eq!(response.body, [b"ab".to_vec(), b"c".to_vec()], "an empty piece is no chunk: it would end the body");
    assert_eq!(response.trailers, [(b"x-end".to_vec(), b"1".to_vec())]);
    assert_eq!(upstream.requests()[0].trailers, request.trailers);
}

#[test]
fn pieces_can_be_sent_one_by_one() {
    let upstream = Upstream::start(|request: &Request| Response::new(200).with_body(request.body_bytes())).unwrap();
    let mut client = client(&upstream);
    client.start(&Request::new("POST", "/").with_header("transfer-encoding", "chunked")).unwrap();
    client.piece(b"one").unwrap();
    assert_eq!(upstream.requests().len(), 0);
    client.piece(b"two").unwrap();
    client.end(&Vec::new()).unwrap();
    assert_eq!(client.receive().unwrap().response.text(), "onetwo");
    assert_eq!(upstream.requests()[0].body, [b"one".to_vec(), b"two".to_vec()]);
}

#[test]
fn each_fault_of_an_upstream_looks_different() {
    let upstream = Upstream::start(|request: &Request| match request.path().as_str() {
        "/reset" => Answer::Reset,
        "/hang" => Answer::Hang,
        "/cut" => Answer::Truncated(Response::new(200).with_body("1234")),
        "/raw" => Answer::Raw(b"HTTP/1.1 200 OK\r\n\r\nto the end".to_vec()),
        _ => Answer::After(Duration::from_millis(1), Box::new(Response::new(204).into())),
    })
    .unwrap();
    let send = |path: &str| {
        let mut client = Client::connect_with(upstream.address(), Duration::from_millis(200)).unwrap();
        client.send(&Request::get(path))
    };
    assert_eq!(send("/later").unwrap().response.status(), 204);
    assert!(send("/reset").unwrap_err().to_string().contains("reset"));
    assert!(send("/hang").unwrap_err().to_string().contains("timeout"));
    let cut = send("/cut").unwrap();
    assert_eq!((cut.ending, cut.response.text().as_str()), (Ending::Cut, "12"));
    assert!(cut.was_cut());
    let raw = send("/raw").unwrap();
    assert_eq!((raw.ending, raw.response.text().as_str()), (Ending::Complete, "to the end"));
    assert_eq!(upstream.requests().len(), 5);
}

#[test]
fn an_answer_that_stalls_midway_is_told_from_one_that_is_cut() {
    let upstream = Upstream::start(|_: &Request| Response::new(200).with_header("content-length", "9").with_body("12"));
    let upstream = upstream.unwrap();
    let mut client = Client::connect_with(upstream.address(), Duration::from_millis(200)).unwrap();
    let received = client.send(&Request::get("/")).unwrap();
    assert_eq!((received.ending, received.response.text().as_str()), (Ending::TimedOut, "12"));
}

#[test]
fn an_upstream_ends_with_its_open_connections() {
    let upstream = Upstream::start(|_: &Request| Answer::Hang).unwrap();
    let address = upstream.address();
    let mut client = client(&upstream);
    client.start(&Request::get("/")).unwrap();
    drop(upstream);
    let error = client.receive().unwrap_err().to_string();
    assert!(error.contains("closed") || error.contains("reset"), "{error}");
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn interim_responses_come_apart() {
    let (_, received) = against(
        b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        &Request::get("/"),
    );
    let received = received.unwrap();
    assert_eq!(received.interim.len(), 1);
    assert_eq!(received.interim[0].header("link").as_deref(), Some("a"));
    assert_eq!((received.response.status(), received.response.text().as_str()), (200, "x"));
}

#[test]
fn the_answer_to_head_has_no_body() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";
    assert_eq!(against(answer, &Request::new("HEAD", "/")).1.unwrap().ending, Ending::Complete);
    assert_eq!(against(answer, &Request::get("/")).1.unwrap().ending, Ending::Cut);
}

#[test]
fn what_a_test_says_about_framing_is_sent_as_said() {
    let request = Request::post("/", "1234").with_header("content-length", "99");
    let (sent, _) = against(b"HTTP/1.1 204 x\r\n\r\n", &request);
    let expected = "POST / HTTP/1.1\r\nhost: test.example\r\ncontent-length: 99\r\n\r\n1234";
    assert_eq!(String::from_utf8(sent).unwrap(), expected);
}

#[test]
fn bytes_that_are_no_http_are_an_error_that_shows_them() {
    let error = |answer| against(answer, &Request::get("/")).1.unwrap_err().to_string();
    assert!(error(b"SMTP ready\r\n\r\n").contains("SMTP ready"));
    assert!(error(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n").contains("no colon"));
    assert!(error(b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n").contains("many"));
    assert!(error(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").contains("zz"));
    assert!(error(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n").contains("longer"));
    assert!(error(b"").contains("closed"));
}
