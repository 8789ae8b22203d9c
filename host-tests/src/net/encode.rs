//! Messages as HTTP/1.1 bytes (RFC 9112). What a test wrote is sent as written: wrong lengths, duplicates and odd bytes included.

use gatewright_testing::message::{Fields, Request, Response};

/// The start line and fields of a request.
pub(super) fn request_head(request: &Request) -> Vec<u8> {
    let pseudo = |name: &str| request.header(name).unwrap_or_default();
    let start = format!("{} {} HTTP/1.1", pseudo(":method"), pseudo(":path"));
    let mut fields = request.headers.clone();
    let authority = pseudo(":authority");
    if !has(&fields, "host") && !authority.is_empty() {
        fields.insert(0, (b"host".to_vec(), authority.into_bytes()));
    }
    head(&start, framed(fields, &request.body, &request.trailers, false))
}

/// The start line and fields of a response.
pub(super) fn response_head(response: &Response) -> Vec<u8> {
    let status = response.status();
    let bodyless = status < 200 || status == 204 || status == 304;
    let fields = framed(response.headers.clone(), &response.body, &response.trailers, !bodyless);
    head(&format!("HTTP/1.1 {status} x"), fields)
}

/// Whether [`request_head`] or [`response_head`] announces a chunked body for this message.
pub(super) fn is_chunked(headers: &Fields, body: &[Vec<u8>], trailers: &Fields) -> bool {
    match headers.iter().find(|(name, _)| name == b"transfer-encoding") {
        Some((_, value)) => value.to_ascii_lowercase().ends_with(b"chunked"),
        None => !has(headers, "content-length") && (body.len() > 1 || !trailers.is_empty()),
    }
}

/// One piece of a body.
pub(super) fn piece(bytes: &[u8], chunked: bool) -> Vec<u8> {
    if !chunked {
        return bytes.to_vec();
    }
    if bytes.is_empty() {
        return Vec::new(); // An empty chunk would end the body.
    }
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// What ends a body.
pub(super) fn end(trailers: &Fields, chunked: bool) -> Vec<u8> {
    if !chunked {
        return Vec::new();
    }
    let mut out = b"0\r\n".to_vec();
    lines(&mut out, trailers);
    out
}

/// Body and end of a message.
pub(super) fn body(pieces: &[Vec<u8>], trailers: &Fields, chunked: bool) -> Vec<u8> {
    let mut out: Vec<u8> = pieces.iter().flat_map(|bytes| piece(bytes, chunked)).collect();
    out.extend(end(trailers, chunked));
    out
}

/// Whether there is a field of this name.
pub(super) fn has(fields: &Fields, name: &str) -> bool {
    fields.iter().any(|(n, _)| n == name.as_bytes())
}

fn framed(mut fields: Fields, body: &[Vec<u8>], trailers: &Fields, always: bool) -> Fields {
    if has(&fields, "content-length") || has(&fields, "transfer-encoding") {
        return fields;
    }
    if is_chunked(&fields, body, trailers) {
        fields.push((b"transfer-encoding".to_vec(), b"chunked".to_vec()));
    } else if always || !body.is_empty() {
        let length: usize = body.iter().map(Vec::len).sum();
        fields.push((b"content-length".to_vec(), length.to_string().into_bytes()));
    }
    fields
}

fn head(start: &str, fields: Fields) -> Vec<u8> {
    let mut out = format!("{start}\r\n").into_bytes();
    lines(&mut out, &fields);
    out
}

fn lines(out: &mut Vec<u8>, fields: &Fields) {
    for (name, value) in fields.iter().filter(|(name, _)| !name.starts_with(b":")) {
        out.extend_from_slice(name);
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
}
