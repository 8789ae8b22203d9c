//! Names and values as they may go on the wire.

/// What can be the value of a field: text, bytes or a number.
pub trait IntoFieldValue {
    /// Appends the value's bytes.
    fn write_to(self, out: &mut Vec<u8>);
}

impl IntoFieldValue for &str {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl IntoFieldValue for String {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl IntoFieldValue for &String {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl IntoFieldValue for &[u8] {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

impl IntoFieldValue for Vec<u8> {
    fn write_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self);
    }
}

macro_rules! number_as_field_value {
    ($($number:ty),*) => {$(
        impl IntoFieldValue for $number {
            fn write_to(self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.to_string().as_bytes());
            }
        }
    )*};
}
number_as_field_value!(u16, u32, u64, u128, usize, i32, i64);

/// Appends a field name, in lower case as HTTP/2 has it. A name is a token (RFC 9110 §5.6.2), after a colon in pseudo-header fields;
/// any other byte becomes `-`, for it could end the field.
pub(super) fn write_name(name: &str, out: &mut Vec<u8>) {
    let name = name.as_bytes();
    let rest = match name.strip_prefix(b":") {
        Some(rest) => {
            out.push(b':');
            rest
        }
        None => name,
    };
    out.extend(rest.iter().map(|byte| NAME_BYTES.get(usize::from(*byte)).copied().unwrap_or(b'-')));
}

/// What becomes of each byte of a name.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, and a byte is below 256")]
const NAME_BYTES: [u8; 256] = {
    let (mut table, mut byte) = ([0; 256], 0u8);
    loop {
        table[byte as usize] = name_byte(byte);
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

const fn name_byte(byte: u8) -> u8 {
    match byte {
        b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'^'..=b'z' | b'|' | b'~' => byte,
        b'A'..=b'Z' => byte.to_ascii_lowercase(),
        _ => b'-',
    }
}

/// Appends a field value that cannot end the field.
pub(super) fn write_value(value: impl IntoFieldValue, out: &mut Vec<u8>) {
    let start = out.len();
    value.write_to(out);
    neutralise(out.get_mut(start..).unwrap_or_default());
}

/// CR, LF and NUL end a field on the wire: whoever sets a value from foreign input must not be able to add a field (RFC 9110 §5.5).
fn neutralise(value: &mut [u8]) {
    for byte in value {
        if matches!(byte, b'\r' | b'\n' | 0) {
            *byte = b' ';
        }
    }
}
