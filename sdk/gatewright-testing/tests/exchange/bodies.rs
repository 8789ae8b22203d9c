//! Bodies and trailers of both directions.

use gatewright_core::BODY_TIMEOUT;

use crate::policies::*;

policy!(Limit, Phases::REQUEST_BODY, |mut request, _| {
    let length = request.body(8).await?.len();
    request.set_header("x-length", length);
    Ok(request.forward().into())
});

#[test]
fn a_body_within_the_limit_goes_on_unchanged() {
    let upstream = proxy::<Limit>("{}").send(Sent::post("/", "12345").with_body("678")).upstream_request().unwrap();
    assert_eq!((upstream.body_bytes(), upstream.header("x-length").unwrap()), (b"12345678".to_vec(), "8".to_owned()));
}

#[test]
fn a_request_without_a_body_has_an_empty_one() {
    assert_eq!(proxy::<Limit>("{}").send(Sent::get("/")).upstream_request().unwrap().header("x-length").unwrap(), "0");
}

#[test]
fn a_body_over_the_limit_is_a_fault_as_soon_as_that_is_known() {
    let mut proxy = proxy::<Limit>("{}");
    let exchange = proxy.exchange(Sent::post("/", "")).start();
    proxy.send_body(&exchange, "12345", false);
    assert!(exchange.is_pending());
    proxy.send_body(&exchange, "6789", false);
    assert_eq!(
        (exchange.status(), exchange.details().as_deref()),
        (413, Some("gatewright.policy.fault.body_too_large"))
    );
    assert!(exchange.upstream_so_far().is_none());
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    let mut proxy = proxy::<Limit>("{}");
    let exchange = proxy.exchange(Sent::post("/", "")).start();
    proxy.send_body(&exchange, "1", false);
    proxy.advance(BODY_TIMEOUT - ms(1));
    assert!(exchange.is_pending());
    proxy.advance(ms(1));
    assert_eq!((exchange.status(), exchange.details().as_deref()), (503, Some("gatewright.policy.fault.message")));
}

#[test]
fn the_proxy_answers_413_itself_where_its_buffer_ends() {
    policy!(Big, Phases::REQUEST_BODY, |mut request, _| {
        request.body(1 << 20).await?;
        Ok(request.forward().into())
    });
    let exchange = with::<Big>(Proxy::builder().buffer_limit(10), "{}").send(Sent::post("/", "12345678901"));
    assert_eq!((exchange.status(), exchange.details().as_deref()), (413, Some("request_payload_too_large")));
}

policy!(Forgot, Phases::REQUEST_HEADERS, |mut request, _| {
    request.body(8).await?;
    Ok(request.forward().into())
});

#[test]
fn a_policy_that_does_not_name_the_phase_learns_it_at_once() {
    let mut proxy = proxy::<Forgot>("{}");
    assert_eq!(proxy.send(Sent::post("/", "x")).details().as_deref(), Some("gatewright.policy.fault.misuse"));
    assert!(proxy.logs().iter().any(|line| line.message.contains("its PHASES and export! do not name it")));
    assert_eq!(proxy.send(Sent::get("/")).status(), 200, "there is no body to wait for");
}

policy!(Replace, Phases::REQUEST_BODY.and(Phases::RESPONSE_BODY), |mut request, cx| {
    if request.header("x-wait").is_some() {
        cx.sleep(ms(5)).await;
    }
    request.set_body("new request");
    let mut response = request.forward().await;
    response.set_body("new response");
    Ok(response.into())
});

#[test]
fn a_new_body_has_its_own_length() {
    let fixed = |_: &Sent| Answered::new(200).with_header("content-length", "3").with_body("old").into();
    for wait in [false, true] {
        let mut proxy = with::<Replace>(Proxy::builder().upstream("upstream", fixed), "{}");
        let request = Sent::post("/", "old").with_header("content-length", "3");
        let exchange = proxy.send(if wait { request.with_header("x-wait", "1") } else { request });
        proxy.advance(ms(5));
        let (upstream, response) = (exchange.upstream_request().unwrap(), exchange.response().unwrap());
        assert_eq!(
            (upstream.body_bytes(), upstream.header("content-length").unwrap()),
            (b"new request".to_vec(), "11".into())
        );
        assert_eq!(
            (response.text().as_str(), response.header("content-length").as_deref()),
            ("new response", Some("12"))
        );
        assert!(!exchange.is_hung());
    }
}

#[test]
fn a_body_of_no_bytes_can_be_replaced_while_it_is_here() {
    policy!(AfterBody, Phases::REQUEST_BODY, |mut request, _| {
        request.body(8).await?;
        request.set_body("new");
        Ok(request.forward().into())
    });
    let mut proxy = proxy::<AfterBody>("{}");
    let exchange = proxy.exchange(Sent::post("/", "")).start();
    proxy.send_body(&exchange, "", true);
    let upstream = exchange.upstream_request().unwrap();
    assert_eq!((upstream.body_bytes(), upstream.header("content-length").unwrap()), (b"new".to_vec(), "3".to_owned()));
}

#[test]
fn a_message_without_a_body_cannot_get_one() {
    let exchange = proxy::<Replace>("{}").send(Sent::get("/"));
    assert_eq!((exchange.status(), exchange.details().as_deref()), (503, Some("gatewright.policy.fault.misuse")));
}

#[test]
fn a_new_body_with_no_body_before_the_trailers_is_no_half_message() {
    let exchange = proxy::<Replace>("{}").send(Sent::new("POST", "/").with_trailer("t", "1"));
    assert!(exchange.was_cut() || exchange.status() == 503);
    assert!(exchange.upstream_request().is_none());
}

policy!(NoDigits, Phases::REQUEST_BODY.and(Phases::RESPONSE_BODY), |mut request, _| {
    let refuse_digits = |piece: &mut gatewright_core::Piece| match piece.data.iter().any(u8::is_ascii_digit) {
        true => Err(Reply::deny(422, "digit")),
        false => Ok(()),
    };
    request.filter_body(refuse_digits);
    let mut response = request.forward().await;
    response.filter_body(refuse_digits);
    Ok(response.into())
});

#[test]
fn what_a_filter_refuses_goes_no_further() {
    let mut proxy = proxy::<NoDigits>("{}");
    let exchange = proxy.exchange(Sent::post("/", "")).start();
    proxy.send_body(&exchange, "good", false);
    assert_eq!(exchange.upstream_so_far().unwrap().body_bytes(), b"good", "nothing is held");
    proxy.send_body(&exchange, "bad1", false);
    assert_eq!((exchange.status(), exchange.details().as_deref()), (422, Some("gatewright.policy.deny.digit")));
    assert_eq!(exchange.upstream_so_far().unwrap().body_bytes(), b"good");
    assert_eq!(decisions(&proxy, "policy", "enforce", "deny"), 1);
}

#[test]
fn what_a_filter_refuses_of_a_held_body_is_not_told_to_go_on() {
    policy!(Late, Phases::REQUEST_BODY, |mut request, cx| {
        cx.sleep(ms(5)).await;
        request.filter_body(|_| Err(Reply::deny(422, "never")));
        Ok(request.forward().into())
    });
    let mut proxy = proxy::<Late>("{}");
    let exchange = proxy.send(Sent::post("/", "held"));
    proxy.advance(ms(5));
    assert_eq!((exchange.status(), exchange.upstream_so_far()), (422, None));
    assert_eq!(proxy.host_calls().of("proxy_continue_stream").calls, 0);
}

#[test]
fn a_response_whose_headers_are_gone_is_cut() {
    let streaming = |_: &Sent| Answer::never();
    let mut proxy = with::<NoDigits>(Proxy::builder().upstream("upstream", streaming), "{}");
    let exchange = proxy.send(Sent::get("/"));
    proxy.respond_headers(&exchange, Answered::new(200).with_header("content-length", "8"), false);
    proxy.respond_body(&exchange, "good", false);
    proxy.respond_body(&exchange, "bad1", true);
    assert!(exchange.was_cut());
    let response = exchange.response_so_far().unwrap();
    assert_eq!((response.text().as_str(), response.header("content-length")), ("good", None));
}

policy!(Wait, Phases::REQUEST_BODY, |request, cx| {
    cx.sleep(ms(10)).await;
    Ok(request.forward().into())
});

#[test]
fn a_request_held_for_a_while_arrives_whole() {
    let mut proxy = with::<Wait>(Proxy::builder().upstream("upstream", echo), "{}");
    let request = Sent::post("/", "a").with_body("b").with_body("c").with_trailer("t", "1");
    let exchange = proxy.send(request);
    assert!(exchange.upstream_so_far().is_none());
    proxy.advance(ms(10));
    let upstream = exchange.upstream_request().unwrap();
    assert_eq!((upstream.body_bytes(), upstream.trailers.len()), (b"abc".to_vec(), 1));
    assert_eq!(exchange.response().unwrap().text(), "abc");
}

policy!(Trailers, Phases::REQUEST_BODY.and(Phases::RESPONSE_BODY), |mut request, _| {
    let checksum = match request.trailers().await? {
        Some(trailers) => {
            let checksum = trailers.text("checksum").unwrap_or("none").to_owned();
            trailers.set("checked", "yes");
            checksum
        }
        None => "no trailers".to_owned(),
    };
    let mut response = request.forward().await;
    if let Some(trailers) = response.trailers().await? {
        trailers.remove("internal");
    }
    response.set_header("x-checksum", checksum);
    Ok(response.into())
});

#[test]
fn trailers_can_be_read_and_edited() {
    let answer =
        |_: &Sent| Answered::new(200).with_body("r").with_trailer("internal", "1").with_trailer("kept", "2").into();
    let mut proxy = with::<Trailers>(Proxy::builder().upstream("upstream", answer), "{}");
    let exchange = proxy.send(Sent::post("/", "b").with_trailer("checksum", "abc"));
    let (upstream, response) = (exchange.upstream_request().unwrap(), exchange.response().unwrap());
    assert!(upstream.trailers.contains(&(b"checked".to_vec(), b"yes".to_vec())));
    assert_eq!(upstream.body_bytes(), b"b");
    assert_eq!((response.header("x-checksum").as_deref(), response.text().as_str()), (Some("abc"), "r"));
    assert_eq!(response.trailers, [(b"kept".to_vec(), b"2".to_vec())]);
}

#[test]
fn a_message_without_trailers_says_so() {
    for request in [Sent::get("/"), Sent::post("/", "b")] {
        let response = proxy::<Trailers>("{}").send(request).response().unwrap();
        assert_eq!(response.header("x-checksum").as_deref(), Some("no trailers"));
    }
}

/// Bodies may flow both ways at once; what one direction does is not about the other.
#[test]
fn a_response_may_come_before_the_request_has_ended() {
    let streaming = |_: &Sent| Answer::never();
    let mut proxy = with::<NoDigits>(Proxy::builder().upstream("upstream", streaming), "{}");
    let exchange = proxy.exchange(Sent::post("/", "")).start();
    proxy.send_body(&exchange, "up", false);
    proxy.respond_headers(&exchange, Answered::new(200), false);
    proxy.respond_body(&exchange, "down", false);
    proxy.send_body(&exchange, "up", true);
    proxy.respond_body(&exchange, "down", true);
    assert_eq!(exchange.upstream_request().unwrap().body_bytes(), b"upup");
    assert_eq!(exchange.response().unwrap().text(), "downdown");
}

thread_local! {
    static SEEN: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

policy!(Watch, Phases::RESPONSE_BODY, |request, _| {
    let mut response = request.forward().await;
    let body = response.has_body();
    SEEN.with_borrow_mut(|seen| *seen = vec![format!("body: {body}")]);
    response.watch_body(|piece| {
        let text = format!("{}{}", String::from_utf8_lossy(&piece.data), if piece.last { "." } else { "" });
        SEEN.with_borrow_mut(|seen| seen.push(text));
    });
    Ok(response.into())
});

/// What the client got, its `content-length`, and what was seen of it.
fn watched(answered: Answered, method: &str) -> (String, Option<String>, Vec<String>) {
    let upstream = move |_: &Sent| Answer::response(answered.clone());
    let mut proxy = with::<Watch>(Proxy::builder().upstream("upstream", upstream), "{}");
    let response = proxy.send(Sent::new(method, "/")).response().unwrap();
    (response.text(), response.header("content-length"), SEEN.take())
}

#[test]
fn a_body_is_watched_as_it_passes_and_nothing_changes() {
    let whole = Answered::new(200).with_header("content-length", "4").with_body("ab").with_body("cd");
    let (text, length, seen) = watched(whole, "GET");
    assert_eq!((text.as_str(), length.as_deref()), ("abcd", Some("4")));
    assert_eq!((seen[0].as_str(), seen[1..].concat().as_str()), ("body: true", "abcd."));
}

#[test]
fn who_watches_is_told_of_the_end_also_where_trailers_follow() {
    let seen = watched(Answered::new(200).with_body("ab").with_trailer("x-sum", "1"), "GET").2;
    assert_eq!(seen.concat(), "body: trueab.");
}

#[test]
fn a_response_that_ends_with_its_headers_has_no_body_to_watch() {
    assert_eq!(watched(Answered::new(204), "GET").2, ["body: false"]);
}
