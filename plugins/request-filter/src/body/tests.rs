//! What the readers' tests share: the oracle of every split.

use super::*;
use crate::value::{Place, Value};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Reads a body whole, in two pieces cut everywhere, byte by byte and with empty pieces between; all must agree on what is visited and
/// on the end. What was visited, as by [`show`], or the refusal's name.
pub(crate) fn read(make: impl Fn() -> Body, body: &[u8]) -> Result<Vec<String>, &'static str> {
    let (seen, end) = read_pieces(&make, &[body]);
    for cut in 1..body.len() {
        let (head, tail) = body.split_at(cut);
        assert_eq!(
            read_pieces(&make, &[head, b"", tail]),
            (seen.clone(), end),
            "cut at {cut} of {}",
            body.escape_ascii()
        );
    }
    let bytes: Vec<&[u8]> = body.chunks(1).collect();
    assert_eq!(read_pieces(&make, &bytes), (seen.clone(), end), "byte by byte: {}", body.escape_ascii());
    end.map(|()| seen)
}

/// A visit as text.
pub(crate) fn show(place: Place, name: impl AsRef<[u8]>, raw: impl AsRef<[u8]>, decoded: impl AsRef<[u8]>) -> String {
    let (name, raw, decoded) = (name.as_ref(), raw.as_ref(), decoded.as_ref());
    format!("{place:?} {} {} {}", name.escape_ascii(), raw.escape_ascii(), decoded.escape_ascii())
}

fn read_pieces(make: &impl Fn() -> Body, pieces: &[&[u8]]) -> (Vec<String>, Result<(), &'static str>) {
    let mut seen = Vec::new();
    let mut visitor = |value: &Value<'_>| {
        seen.push(show(value.place, value.name, value.raw, value.decoded));
        Ok(())
    };
    let mut body = make();
    let end =
        pieces.iter().try_for_each(|piece| body.push(piece, &mut visitor)).and_then(|()| body.finish(&mut visitor));
    (seen, end.map_err(|refusal| refusal.reason))
}

#[test]
fn the_content_type_chooses_the_reader() {
    let limits = Limits::default();
    let kind = |content_type: Option<&str>| Body::new(content_type.map(str::as_bytes), &limits);
    assert!(matches!(kind(Some("application/json; charset=utf-8")), Ok(Body::Json(_))));
    assert!(matches!(kind(Some("Application/Vnd.api+JSON")), Ok(Body::Json(_))));
    assert!(matches!(kind(Some("application/x-www-form-urlencoded")), Ok(Body::Form(_))));
    assert!(matches!(kind(Some("multipart/form-data; boundary=x")), Ok(Body::Multipart(_))));
    assert!(matches!(kind(Some("multipart/mixed; boundary=x")), Ok(Body::Plain(_))));
    assert!(matches!(kind(Some("text/plain")), Ok(Body::Plain(_))));
    assert!(matches!(kind(None), Ok(Body::Plain(_))));
    assert_eq!(kind(Some("json")).unwrap_err().reason, "content_type_malformed");
    assert_eq!(kind(Some("multipart/form-data")).unwrap_err().reason, "multipart_bad_boundary");
}

#[test]
fn plain_bodies_are_seen_through_windows() {
    use gatewright::config::Size;
    let window = limits::WindowSizes { size: Size::from_bytes(4), overlap: Size::from_bytes(2) };
    let limits = Limits { window, ..Limits::default() };
    let seen = read(|| Body::new(None, &limits).unwrap(), b"abcde").unwrap();
    assert_eq!(seen, [show(Place::Body, "", "abcd", "abcd"), show(Place::Body, "", "cde", "cde")]);
}
