//! Purges over HTTP on the proxy itself.

use super::*;

/// SHA-256 of `secret`.
const DIGEST: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

fn purgeable() -> Cached {
    Cached::with(json!({"purge": {"secrets": [DIGEST], "path": "/purge"}}))
}

fn purge(path: &str, fields: &[(&str, &str)]) -> Request {
    let request = Request::new("PURGE", path).with_header("x-purge-key", "secret");
    fields.iter().fold(request, |request, (name, value)| request.with_header(name, value))
}

/// Stores these paths, sends a purge, and says which of them are there still.
fn left(paths: &[(&str, &[(&str, &str)])], purge: Request) -> Vec<String> {
    let mut cache = purgeable();
    for (path, fields) in paths {
        let fields = [&[("cache-control", "max-age=60")], *fields].concat();
        cache.origin(answer(200, &fields, "x")).send(Request::get(path));
    }
    let answered = cache.send(purge);
    assert!(answered.hit());
    assert_eq!((answered.status(), answered.text().as_str()), (200, "purged\n"));
    let held =
        |path: &&str| cache.send(Request::get(path).with_header("cache-control", "only-if-cached")).status() == 200;
    paths.iter().map(|(path, _)| *path).filter(held).map(str::to_owned).collect()
}

const PATHS: &[(&str, &[(&str, &str)])] = &[
    ("/a/1", &[("surrogate-key", "k1 k2")]),
    ("/a/2", &[("cache-tag", "k2, k3")]),
    ("/b?q", &[("cache-groups", "\"k1\"")]),
];

#[test]
fn by_url_prefix_tag_group_and_all() {
    assert_eq!(left(PATHS, purge("/a/1", &[])), ["/a/2", "/b?q"]);
    assert_eq!(left(PATHS, purge("/b", &[])), ["/a/1", "/a/2", "/b?q"]);
    assert_eq!(left(PATHS, purge("/b?q", &[("x-purge-scope", "url")])), ["/a/1", "/a/2"]);
    assert_eq!(left(PATHS, purge("/a/", &[("x-purge-scope", "prefix")])), ["/b?q"]);
    assert_eq!(left(PATHS, purge("/", &[("surrogate-key", "k2")])), ["/b?q"]);
    assert_eq!(left(PATHS, purge("/", &[("cache-tag", "k1, k3")])), ["/b?q"]);
    assert_eq!(left(PATHS, purge("/", &[("cache-groups", "\"k1\"")])), ["/a/1", "/a/2"]);
    assert_eq!(left(PATHS, purge("/", &[("x-purge-scope", "all")])), Vec::<String>::new());
}

#[test]
fn by_post_where_a_path_is_configured() {
    let request = Request::new("POST", "/purge").with_header("x-purge-key", "secret");
    assert_eq!(left(PATHS, request.with_header("x-purge-path", "/a/1")), ["/a/2", "/b?q"]);
}

#[test]
fn only_with_the_secret() {
    for request in [
        Request::new("PURGE", "/"),
        Request::new("PURGE", "/").with_header("x-purge-key", "wrong"),
        Request::new("PURGE", "/").with_header("x-purge-key", "secret").with_header("x-purge-key", "secret"),
    ] {
        let mut cache = purgeable();
        cache.origin(fresh("x")).get();
        let refused = cache.send(request);
        assert_eq!((refused.status(), refused.hit()), (403, true));
        assert!(cache.get().hit());
        assert!(cache.proxy.logs().iter().all(|line| !line.message.contains("secret")));
    }
}

#[test]
fn without_the_setting_it_is_a_method_like_any_other() {
    let mut cache = Cached::new();
    cache.origin(answer(405, &[], "")).send(Request::new("PURGE", "/"));
    assert_eq!(cache.asked(), 1);
}

#[test]
fn what_cannot_be_read_is_refused() {
    for fields in [&[("x-purge-scope", "everything")], &[("x-purge-mode", "gentle")], &[("x-purge-scope", "tag")]] {
        assert_eq!(purgeable().send(purge("/", fields)).status(), 400);
    }
    let post = Request::new("POST", "/purge").with_header("x-purge-key", "secret");
    assert_eq!(purgeable().send(post).status(), 400, "a path is missing");
}

#[test]
fn a_soft_purge_makes_what_is_stored_stale() {
    let mut cache = purgeable();
    cache.origin(answer(200, &[("cache-control", "max-age=60"), ("etag", "\"a\"")], "old")).get();
    cache.send(purge("/", &[("x-purge-mode", "soft")]));
    cache.origin(answer(304, &[("etag", "\"a\""), ("cache-control", "max-age=60")], ""));
    let validated = cache.get();
    assert_eq!((validated.asked_with("if-none-match").as_deref(), validated.text().as_str()), (Some("\"a\""), "old"));
    assert!(cache.get().hit());
}

#[test]
fn a_fetch_under_way_is_not_stored() {
    for scope in [
        &[("x-purge-scope", "all")],
        &[("x-purge-scope", "prefix")],
        &[("surrogate-key", "k")],
        &[("x-purge-scope", "url")],
    ] {
        let mut cache = purgeable();
        let old = answer(200, &[("cache-control", "max-age=60"), ("surrogate-key", "k")], "old");
        cache.origin(Answer::delay(Duration::from_secs(2), old));
        let slow = cache.proxy.send(Request::get("/"));
        cache.send(purge("/", scope));
        cache.advance(2);
        assert_eq!(slow.response().unwrap().text(), "old");
        cache.origin(fresh("new"));
        assert_eq!(cache.get().text(), "new", "{scope:?}");
    }
}
