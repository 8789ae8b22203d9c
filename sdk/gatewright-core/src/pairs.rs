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
    put_count(&mut out, count);
    let length = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX);
    for (name, value) in fields.clone() {
        put_lengths(&mut out, length(name), length(value));
    }
    for (name, value) in fields {
        put_text(&mut out, name);
        put_text(&mut out, value);
    }
    out
}

/// Appends the number of fields.
pub(crate) fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

/// Appends the lengths of a field's name and value.
pub(crate) fn put_lengths(out: &mut Vec<u8>, name: u32, value: u32) {
    out.extend_from_slice(&(u64::from(name) | u64::from(value) << 32).to_le_bytes());
}

/// Appends a name or a value.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(text);
    out.push(0);
}

/// Finds every field of a serialised list. An empty input is an empty list, as Envoy sends it.
pub fn decode(bytes: &[u8]) -> Result<Vec<Span>, Malformed> {
    decode_with(bytes, |span, _| span)
}

/// As [`decode`], with something made of each field's place and name.
pub fn decode_with<T>(bytes: &[u8], mut make: impl FnMut(Span, &[u8]) -> T) -> Result<Vec<T>, Malformed> {
    let Some((count, rest)) = bytes.split_first_chunk::<4>() else {
        return if bytes.is_empty() { Ok(Vec::new()) } else { Err(Malformed) };
    };
    let count = u32::from_le_bytes(*count) as usize;
    let table = count.checked_mul(8).and_then(|size| rest.get(..size)).ok_or(Malformed)?;
    let mut at = 4 + table.len();
    let mut fields = Vec::with_capacity(count);
    for lengths in table.as_chunks::<8>().0 {
        // Both lengths at once: the name's is in the lower half.
        let lengths = u64::from_le_bytes(*lengths);
        let (name_len, value_len) = (lengths & u64::from(u32::MAX), lengths >> 32);
        let value = at as u64 + name_len + 1;
        let end = value + value_len + 1;
        if end > bytes.len() as u64 {
            return Err(Malformed);
        }
        // What lies within the bytes fits a usize; a list of 4 GiB is refused here.
        let (value, end) = (value as usize, end as usize);
        let offset = |at: usize| u32::try_from(at).map_err(|_| Malformed);
        let span =
            Span { name: offset(at)?, name_len: name_len as u32, value: offset(value)?, value_len: value_len as u32 };
        fields.push(make(span, bytes.get(at..value - 1).unwrap_or_default()));
        at = end;
    }
    Ok(fields)
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
