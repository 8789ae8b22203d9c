//! `Cache-Control` as a list of directives (RFC 9111 §5.2).

use gatewright::syntax::is_token;

use super::text::{members, unquote};

/// One directive: a name in any case, and its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    /// The name as it was sent.
    pub name: &'a [u8],
    /// The argument.
    pub argument: Argument,
}

/// What stands after a directive's `=`. Recipients accept token and quoted string alike (RFC 9111 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    None,
    /// A token or the content of a quoted string.
    Text(Vec<u8>),
    /// Neither: what the sender meant is not known.
    Malformed,
}

impl Directive<'_> {
    /// Whether this is the directive of that name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The directives of all lines of a field, in order.
pub fn directives<'a>(lines: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = Directive<'a>> {
    lines.flat_map(members).map(directive)
}

fn directive(member: &[u8]) -> Directive<'_> {
    let Some(equals) = member.iter().position(|byte| *byte == b'=') else {
        return Directive { name: member, argument: Argument::None };
    };
    let (name, argument) = member.split_at_checked(equals).unwrap_or_default();
    let argument = argument.get(1..).unwrap_or_default();
    let known = name.trim_ascii_end();
    // Space around `=` is not in the grammar. The directive counts as sent, but what it says does not.
    let argument = match unquote(argument) {
        _ if known.len() != name.len() => Argument::Malformed,
        Some(text) => Argument::Text(text),
        None if is_token(argument) => Argument::Text(argument.to_vec()),
        None => Argument::Malformed,
    };
    Directive { name: known, argument }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn read(text: &str) -> Vec<(String, Argument)> {
        let name = |name: &[u8]| String::from_utf8(name.to_vec()).unwrap();
        directives([text.as_bytes()].into_iter()).map(|each| (name(each.name), each.argument)).collect()
    }

    fn text(argument: &str) -> Argument {
        Argument::Text(argument.as_bytes().to_vec())
    }

    #[test]
    fn rfc9111_5_2_token_and_quoted_argument_are_the_same() {
        let wanted = vec![("max-age".into(), text("5"))];
        assert_eq!((read("max-age=5"), read(r#"max-age="5""#)), (wanted.clone(), wanted));
    }

    #[test]
    fn rfc9111_5_2_a_directive_inside_a_quoted_argument_is_none() {
        let found = read(r#"extension="max-age=3600, no-store", max-age=1"#);
        assert_eq!(found, [("extension".into(), text("max-age=3600, no-store")), ("max-age".into(), text("1"))]);
    }

    #[test]
    fn rfc9111_5_2_space_around_the_equals_sign_is_malformed() {
        assert_eq!(read("max-age =5"), [("max-age".into(), Argument::Malformed)]);
        assert_eq!(read("max-age= 5"), [("max-age".into(), Argument::Malformed)]);
        assert_eq!(read(r#"max-age="5"#), [("max-age".into(), Argument::Malformed)]);
    }
}
