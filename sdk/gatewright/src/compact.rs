//! JSON text without the space between its tokens, at compile time: the schema in a module is for programs.

/// The length of [`text`]'s outcome.
#[must_use]
pub const fn length(mut json: &[u8]) -> usize {
    let (mut length, mut place) = (0, Place::Between);
    while let [byte, rest @ ..] = json {
        place = place.after(*byte);
        if place.keeps(*byte) {
            length += 1;
        }
        json = rest;
    }
    length
}

/// The text, which is `N` long: [`length`] says it.
#[must_use]
pub const fn text<const N: usize>(mut json: &[u8]) -> [u8; N] {
    let mut text = [b' '; N];
    let (mut room, mut place) = (text.as_mut_slice(), Place::Between);
    while let [byte, rest @ ..] = json {
        place = place.after(*byte);
        if place.keeps(*byte)
            && let [next, others @ ..] = room
        {
            *next = *byte;
            room = others;
        }
        json = rest;
    }
    text
}

#[derive(Clone, Copy)]
enum Place {
    Between,
    InString,
    /// Behind a backslash, in a string.
    Escaped,
}

impl Place {
    const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::InString, b'\\') => Self::Escaped,
            (Self::Between, b'"') | (Self::Escaped, _) => Self::InString,
            (Self::InString, b'"') => Self::Between,
            _ => self,
        }
    }

    const fn keeps(self, byte: u8) -> bool {
        !matches!((self, byte), (Self::Between, b' ' | b'\t' | b'\r' | b'\n'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &[u8] = b"{\n  \"a \\\" b\\\\\" : [1, \"\\\\\\\" \" ],\r\n\t\"c\": \" \"\n}\n";

    #[test]
    fn space_goes_but_in_strings() {
        const LENGTH: usize = length(JSON);
        let compact: [u8; LENGTH] = text(JSON);
        let expected = r#"{"a \" b\\":[1,"\\\" "],"c":" "}"#;
        assert_eq!(String::from_utf8_lossy(&compact), expected);
    }
}
