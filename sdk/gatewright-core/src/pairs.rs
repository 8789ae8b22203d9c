//! Header lists in the form the proxy-wasm ABI moves them in.
//!
//! A `u32` count, then for each field the `u32` lengths of name and value, then each name and value followed by a NUL; all numbers
//! little endian (proxy-wasm ABI 0.2.1, "serialized map").

/// Where the name and value of one field lie in a serialised list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Offset of the name.
    pub name: u32,
    /// Length of the name in bytes.
    pub name_len: u32,
    /// Offset of the value.
    pub value: u32,
    /// Length of the value in bytes.
    pub value_len: u32,
}

/// The list is cut short or its lengths do not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Serialises a list of fields.
pub fn encode<'a, I>(fields: I) -> Vec<u8>
where
    I: IntoIterator<Item = (&'a [u8], &'a [u8])>,
    I::IntoIter: Clone,
{
    let fields = fields.into_iter();
    let (mut count, mut bytes) = (0usize, 4usize);
    for (name, value) in fields.clone() {
        count += 1;
        bytes += 8 + name.len() + value.len() + 2;
    }
    let mut out = Vec::with_capacity(bytes);
    put(&mut out, count);
    for (name, value) in fields.clone() {
        put(&mut out, name.len());
        put(&mut out, value.len());
    }
    for (name, value) in fields {
        out.extend_from_slice(name);
        out.push(0);
        out.extend_from_slice(value);
        out.push(0);
    }
    out
}

/// Finds every field of a serialised list. An empty input is an empty list, as Envoy sends it.
pub fn decode(bytes: &[u8]) -> Result<Vec<Span>, Malformed> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let count = number(bytes, 0)? as usize;
    let mut at = count.checked_mul(8).and_then(|n| n.checked_add(4)).ok_or(Malformed)?;
    if at > bytes.len() {
        return Err(Malformed);
    }
    let mut spans = Vec::with_capacity(count);
    for field in 0..count {
        let name_len = number(bytes, 4 + field * 8)?;
        let value_len = number(bytes, 8 + field * 8)?;
        let value = after(at, name_len)?;
        let end = after(value, value_len)?;
        if end > bytes.len() {
            return Err(Malformed);
        }
        spans.push(Span { name: offset(at)?, name_len, value: offset(value)?, value_len });
        at = end;
    }
    Ok(spans)
}

/// The offset past `length` bytes and their NUL; 32-bit targets must not wrap.
fn after(at: usize, length: u32) -> Result<usize, Malformed> {
    at.checked_add(length as usize).and_then(|end| end.checked_add(1)).ok_or(Malformed)
}

fn put(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

fn number(bytes: &[u8], at: usize) -> Result<u32, Malformed> {
    let slice = bytes.get(at..at + 4).ok_or(Malformed)?;
    Ok(u32::from_le_bytes(slice.try_into().map_err(|_| Malformed)?))
}

fn offset(at: usize) -> Result<u32, Malformed> {
    u32::try_from(at).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn texts(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
        let slice = |at: u32, len: u32| &bytes[at as usize..(at + len) as usize];
        decode(bytes).unwrap().iter().map(|s| (slice(s.name, s.name_len), slice(s.value, s.value_len))).collect()
    }

    #[test]
    fn a_list_survives_the_round_trip() {
        let fields: [(&[u8], &[u8]); 3] = [(b":path", b"/"), (b"x-empty", b""), (b"x-latin", b"\xfc")];
        assert_eq!(texts(&encode(fields)), fields);
    }

    #[test]
    fn an_empty_input_is_an_empty_list() {
        assert_eq!(decode(&[]), Ok(Vec::new()));
    }

    #[test]
    fn every_cut_of_a_list_is_refused() {
        let whole = encode([(&b"name"[..], &b"value"[..]), (&b"n"[..], &b"v"[..])]);
        for end in 1..whole.len() {
            assert_eq!(decode(&whole[..end]), Err(Malformed), "cut at {end}");
        }
    }

    #[test]
    fn lengths_that_overflow_are_refused() {
        assert_eq!(decode(&[0xff; 64]), Err(Malformed));
    }
}
