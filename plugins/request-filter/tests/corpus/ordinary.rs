//! Requests as browsers, programs and people send them, from templates and word lists.

use serde_json::{Value, json};

use crate::prose::{NAMES, NASTY, WORDS};
use crate::random::Random;
use crate::request::{Request, encode};

const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.11.0",
    "python-requests/2.32.3",
    "okhttp/4.12.0",
    "Go-http-client/2.0",
    "PostmanRuntime/7.43.0",
    "Apache-HttpClient/5.4 (Java/21.0.5)",
    "kube-probe/1.31",
    "Dart/3.5 (dart:io)",
];

const ACCEPTS: &[&str] = &[
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "application/json",
    "application/json, text/plain, */*",
    "*/*",
    "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
    "text/event-stream",
];

const SEGMENTS: &[&str] = &[
    "users",
    "orders",
    "products",
    "v1",
    "v2",
    "api",
    "search",
    "articles",
    "en-US",
    "static",
    "js",
    "app.3f2a9c.js",
    "css",
    "main.min.css",
    "images",
    "logo@2x.png",
    "blog",
    "2026",
    "11",
    "select-a-plan",
    "the-union",
    "drop-off",
    "o'brien",
    "cafe",
    "(group)",
    "index.html",
    "report.final.v2.pdf",
    "a+b",
    "tag:news",
    "~anna",
    "files",
    "download",
    "union",
    "select",
    "exec",
    "whoami",
    "etc",
    "bin",
    "scripts",
    "config",
    "admin",
    "me",
    "graphql",
    "_next",
    "data",
    "favicon.ico",
    "robots.txt",
    "x=1",
];

const UTF8_SEGMENTS: &[&str] = &[
    "Zürich",
    "東京",
    "Москва",
    "Łódź",
    "São Paulo",
    "Ελλάδα",
    "🍕 pizza",
    "naïve café",
    "日本語-テスト",
    "100% legit",
    "a&b",
    "a;b",
    "C#",
    "what?",
    "[x]",
    "{y}",
    "é",
    "ﬁ",
    "١٢٣",
    "नमस्ते",
];

const FILES: &[&str] = &[
    "report.pdf",
    "IMG_2041.JPG",
    "my photo (1).png",
    "O'Brien's CV.docx",
    "Übersicht 2026.xlsx",
    "写真.jpg",
    "archive.tar.gz",
    "notes & ideas.txt",
    "a..b.txt",
    "data;v2.csv",
    "script.js",
    "select.sql",
    "index.html",
    "100%.png",
    "",
    "v1.0-final#2.zip",
];

/// So many requests.
pub(crate) fn requests(count: u64) -> impl Iterator<Item = Request> {
    (0..count).map(|number| {
        let random = &mut Random::new(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number + 1));
        match number % 8 {
            0 => page(random),
            1 => asset(random),
            2 => rest_read(random),
            3 => rest_write(random),
            4 => graphql(random),
            5 => upload(random),
            6 => form(random),
            _ => odd_path(random),
        }
    })
}

fn browser(request: Request, random: &mut Random) -> Request {
    let referer = format!("https://www.example.com/{}?q={}", random.pick(SEGMENTS), encode(&text(random)));
    let session = random.text("abcdefABCDEF0123456789+/", 43);
    let cookie = format!(
        "_ga=GA1.2.{}.{}; session={session}=; consent={}; theme=dark; cart=%7B%22id%22%3A{}%7D; last={}",
        random.below(1 << 30),
        random.below(1 << 30),
        encode("{\"ads\":false,\"stats\":true}"),
        random.below(1000),
        encode(&text(random)),
    );
    request
        .header("user-agent", random.pick(AGENTS))
        .header("accept", random.pick(ACCEPTS))
        .header("accept-language", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7")
        .header("accept-encoding", "gzip, deflate, br, zstd")
        .header("sec-ch-ua", "\"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\"")
        .header("referer", referer)
        .header("cookie", cookie)
}

fn client(request: Request, random: &mut Random) -> Request {
    let token = random.text("abcdefghijkmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", 120);
    request
        .header("user-agent", random.pick(AGENTS))
        .header("accept", random.pick(ACCEPTS))
        .header(
            "authorization",
            format!("Bearer eyJhbGciOiJSUzI1NiJ9.{token}.{}", token.chars().take(43).collect::<String>()),
        )
        .header("x-request-id", uuid(random))
        .header("if-none-match", format!("W/\"{}\"", random.below(1 << 30)))
        .header(
            "traceparent",
            format!("00-{}-{}-01", random.text("0123456789abcdef", 32), random.text("0123456789abcdef", 16)),
        )
}

fn page(random: &mut Random) -> Request {
    let mut request = browser(Request::new(path(random)), random);
    for _ in 0..random.below(4) {
        request = request.query(random.pick(NAMES), &value(random));
    }
    request
}

fn asset(random: &mut Random) -> Request {
    let version = random.text("0123456789abcdef", 8);
    browser(Request::new(format!("/static/{version}/{}", random.pick(SEGMENTS))), random)
        .raw_query(format!("v={version}"))
}

fn rest_read(random: &mut Random) -> Request {
    let mut request = client(Request::new(path(random)), random);
    for _ in 0..1 + random.below(5) {
        let value = match random.below(6) {
            0 => format!("{}..{}", random.below(100), random.below(1000)),
            1 => format!("-{},{}", random.pick(NAMES), random.pick(NAMES)),
            2 => json!({ random.pick(NAMES): { "op": ">=", "value": value(random) } }).to_string(),
            3 => format!("https://www.example.com{}?next={}", path(random), encode(&text(random))),
            _ => value(random),
        };
        request = request.query(random.pick(NAMES), &value);
    }
    request
}

fn rest_write(random: &mut Random) -> Request {
    let body = document(random, 3);
    client(Request::new(path(random)), random).json(&body)
}

fn graphql(random: &mut Random) -> Request {
    const QUERIES: &[&str] = &[
        "query Search($q: String!, $first: Int = 10) { search(query: $q, first: $first) { edges { node { id title __typename } } pageInfo { hasNextPage endCursor } } }",
        "mutation { updateUser(input: {id: \"42\", name: \"O'Brien\"}) { user { id, name } errors { path message } } }",
        "{ __schema { types { name kind fields(includeDeprecated: true) { name } } } }",
        "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { id login } ... on Org { id name @include(if: true) } } }",
        "subscription OnEvent { event(where: {type: {_in: [\"a\", \"b\"]}}, order_by: {at: desc}, limit: 10) { id at payload } }",
        "fragment F on Order { id total(currency: EUR) } query { orders(filter: \"status = 'open' or total > 5\") { ...F } }",
    ];
    let query = random.pick(QUERIES);
    let variables = json!({ "q": text(random), "first": random.below(50), "ids": [uuid(random)] });
    if random.below(3) == 0 {
        return client(Request::new("/graphql"), random)
            .query("query", query)
            .query("variables", &variables.to_string());
    }
    client(Request::new("/graphql"), random)
        .json(&json!({ "query": query, "variables": variables, "operationName": null }))
}

fn upload(random: &mut Random) -> Request {
    let boundary = format!("----WebKitFormBoundary{}", random.text("abcdefghijklmnopABCDEFGHIJ0123456789", 16));
    let mut body = Vec::new();
    for _ in 0..1 + random.below(3) {
        let (name, value) = (random.pick(NAMES), text(random));
        body.extend(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes(),
        );
    }
    let file = random.pick(FILES).replace('"', "%22");
    body.extend(
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file}\"\r\nContent-Type: \
             application/octet-stream\r\n\r\n"
        )
        .into_bytes(),
    );
    body.extend((0..random.below(2000)).map(|_| random.below(256) as u8));
    body.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
    browser(Request::new("/api/files"), random).body(&format!("multipart/form-data; boundary={boundary}"), body)
}

fn form(random: &mut Random) -> Request {
    let printable: String = (' '..='~').collect();
    let length = 8 + random.below(16);
    let password = random.text(&printable, length);
    let (name, message) = (text(random), text(random));
    let fields = [("user", name.as_str()), ("password", &password), ("message", &message), ("csrf", &uuid(random))];
    browser(Request::new("/login"), random).form(&fields)
}

fn odd_path(random: &mut Random) -> Request {
    let segments: Vec<String> = (0..1 + random.below(3))
        .map(|_| match random.below(4) {
            0 => encode(random.pick(UTF8_SEGMENTS)),
            1 => random.pick(UTF8_SEGMENTS).replace(['%', '#', '?', '/', ' ', '&', ';'], "-"),
            2 => encode(random.pick(WORDS)),
            _ => encode(&text(random).replace(['/', '\\', '\r', '\n', '\t'], "-")),
        })
        .collect();
    browser(Request::new(format!("/{}", segments.join("/"))), random).query("q", random.pick(UTF8_SEGMENTS))
}

fn document(random: &mut Random, depth: usize) -> Value {
    let members = (0..1 + random.below(5)).map(|_| {
        let value = match random.below(if depth == 0 { 6 } else { 8 }) {
            0 => json!(random.below(100_000)),
            1 => json!(random.below(100_000) as f64 / 100.0),
            2 => json!(random.below(2) == 0),
            3 => Value::Null,
            6 => document(random, depth - 1),
            7 => json!([value(random), document(random, depth - 1)]),
            _ => json!(value(random)),
        };
        (random.pick(NAMES).to_owned(), value)
    });
    Value::Object(members.collect())
}

fn path(random: &mut Random) -> String {
    (0..1 + random.below(4)).fold(String::new(), |path, _| match random.below(6) {
        0 => format!("{path}/{}", random.below(100_000)),
        1 => format!("{path}/{}", uuid(random)),
        _ => format!("{path}/{}", random.pick(SEGMENTS)),
    })
}

fn value(random: &mut Random) -> String {
    match random.below(8) {
        0 => random.below(1_000_000).to_string(),
        1 => uuid(random),
        2 => {
            let length = 4 * (1 + random.below(40));
            random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", length)
        }
        3 => format!("{}.{}@example.{}", random.pick(WORDS), random.pick(WORDS), random.pick(&["com", "org", "co.uk"])),
        _ => text(random),
    }
}

/// A sentence, or something nasty, or both.
fn text(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.pick(NASTY).to_owned(),
        1 => format!("{} {}", random.pick(NASTY), sentence(random)),
        2 => format!(
            "{}{} {}",
            sentence(random),
            random.pick(&[",", ";", ".", " -", " &", ":", " |"]),
            random.pick(NASTY)
        ),
        _ => sentence(random),
    }
}

fn sentence(random: &mut Random) -> String {
    let words: Vec<&str> = (0..2 + random.below(14)).map(|_| random.pick(WORDS)).collect();
    let joint = random.pick(&[" ", " ", " ", ", ", "; ", " - "]);
    match random.below(6) {
        0 => format!("\"{}\" {}", words[0], words[1..].join(joint)),
        1 => format!("'{}' {}", words[0], words[1..].join(joint)),
        2 => format!("{} ({})", words[1..].join(joint), words[0]),
        _ => words.join(joint) + random.pick(&["", ".", "!", "?", "..."]),
    }
}

fn uuid(random: &mut Random) -> String {
    let mut hex = |length| random.text("0123456789abcdef", length);
    format!("{}-{}-4{}-a{}-{}", hex(8), hex(4), hex(3), hex(3), hex(12))
}
