//! Where an attack is put.

use serde_json::json;

use crate::attacks::{At, Attack};
use crate::request::{Request, encode};

/// A request for each place where the attack works, with the place's name.
pub(crate) fn requests(attack: &Attack, text: &str) -> Vec<(&'static str, Request)> {
    match attack.at {
        At::Anywhere => [everywhere(text), in_fields(text)].concat(),
        At::Parameter => everywhere(text),
        At::Name => names(text),
        At::Path => vec![("path", Request::new(text))],
        At::Header(name) => vec![("header", Request::new("/").header(name, text))],
        At::Query => vec![("query", Request::new("/").query("q", text))],
        At::QueryName => vec![("query name", Request::new("/").query(text, "x"))],
        At::FileName => vec![("file name", multipart("x", text, "x"))],
    }
}

/// Requests that have it in a parameter.
pub(crate) fn parameters(text: &str) -> [Request; 3] {
    let request = Request::new("/items");
    [request.clone().query("q", text), request.clone().form(&[("q", text)]), request.json(&json!({ "q": text }))]
}

fn everywhere(text: &str) -> Vec<(&'static str, Request)> {
    let part = format!("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{text}\r\n--b--\r\n");
    vec![
        ("query", Request::new("/items").query("q", text)),
        ("query with plus signs", Request::new("/items").raw_query(format!("q={}", encode(text).replace("%20", "+")))),
        ("form", Request::new("/items").form(&[("a", "b"), ("q", text)])),
        ("json", Request::new("/items").json(&json!({ "a": { "b": [1, text] } }))),
        ("escaped json", Request::new("/items").body("application/json", format!("[\"{}\"]", escaped(text)))),
        ("multipart", Request::new("/items").body("multipart/form-data; boundary=b", part)),
        ("cookie", Request::new("/items").header("cookie", format!("a=b; c={}", encode(text)))),
        ("text", Request::new("/items").body("text/plain", text)),
    ]
}

/// Header fields cannot hold line breaks or NUL.
fn in_fields(text: &str) -> Vec<(&'static str, Request)> {
    let field = |text: &str| text.replace(['\r', '\n', '\0'], " ");
    vec![
        ("header", Request::new("/items").header("x-note", encode(text))),
        ("referer", Request::new("/").header("referer", field(&format!("https://example.com/?q={}", encode(text))))),
    ]
}

fn names(text: &str) -> Vec<(&'static str, Request)> {
    vec![
        ("query name", Request::new("/").query(text, "1")),
        ("form name", Request::new("/").form(&[(text, "1")])),
        ("json key", Request::new("/").json(&json!({ "a": { text: 1 } }))),
        ("part name", multipart(text, "", "x")),
    ]
}

fn multipart(name: &str, file: &str, value: &str) -> Request {
    let quoted = |text: &str| text.replace('"', "\\\"");
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\r\n{value}\r\n--b--\r\n",
        quoted(name),
        quoted(file)
    );
    Request::new("/").body("multipart/form-data; boundary=b", body)
}

/// Every character as an escape.
fn escaped(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}
