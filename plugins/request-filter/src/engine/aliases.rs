//! Names that services take the name of a parameter for, where it [is not plain](is_plain_name): a rule about `q` means all of them.

use std::borrow::Cow;

use gatewright::syntax::query::is_plain_name;

use crate::value::Place;

/// Other names that a value may be found under: the one in front of brackets, and that as PHP spells it.
#[derive(Debug, Default)]
pub(super) struct Aliases<'a>([Option<Cow<'a, [u8]>>; 2]);

impl<'a> Aliases<'a> {
    pub(super) fn of(place: Place, name: &'a [u8]) -> Self {
        let named_by_clients = matches!(place, Place::Query | Place::Cookie | Place::Form | Place::FileName);
        if !named_by_clients || is_plain_name(name) {
            return Self::default();
        }
        let base = base(name);
        let other = |alias: &Cow<'_, [u8]>| alias.as_ref() != name;
        let spelt = base.iter().any(|byte| matches!(byte, b' ' | b'.'));
        let spelt =
            spelt.then(|| base.iter().map(|byte| if matches!(byte, b' ' | b'.') { b'_' } else { *byte }).collect());
        Self([Some(Cow::Borrowed(base)).filter(|alias| !base.is_empty() && other(alias)), spelt.map(Cow::Owned)])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().flatten().map(AsRef::as_ref)
    }
}

fn base(name: &[u8]) -> &[u8] {
    // What takes `;` for `&` sees only what follows it, and what is sent behind `??` may be read without the second.
    let name = name.rsplit(|byte| matches!(byte, b';' | b'?')).next().unwrap_or_default().trim_ascii_start();
    let name = name.strip_prefix(b"[").unwrap_or(name);
    let end = name.iter().position(|byte| matches!(byte, b'[' | b']' | b'\0')).unwrap_or(name.len());
    name.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_parameter_is_known_by_what_services_make_of_its_name() {
        let of = |name: &str| {
            let aliases = Aliases::of(Place::Form, name.as_bytes());
            aliases.iter().map(|alias| String::from_utf8_lossy(alias).into_owned()).collect::<Vec<_>>().join(" ")
        };
        for (name, aliases) in [
            ("q", ""),
            ("a_b", ""),
            ("q[]", "q"),
            ("q[a][b]", "q"),
            ("[q]", "q"),
            ("q[", "q"),
            ("q]x", "q"),
            (" q", "q"),
            ("\tq\0x", "q"),
            ("?q", "q"),
            ("amp;q[]", "q"),
            ("a.b", "a_b"),
            ("a b[c]", "a b a_b"),
            ("", ""),
            ("[", ""),
        ] {
            assert_eq!(of(name), aliases, "{name:?}");
        }
        assert_eq!(Aliases::of(Place::Json, b"q[0]").iter().count(), 0, "a path is no such name");
    }
}
