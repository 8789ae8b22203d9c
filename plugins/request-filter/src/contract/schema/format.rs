//! Formats of strings and numbers (JSON Schema, section 7.3; OpenAPI format registry).

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

/// A format that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Nothing to check: `password`, `binary`, `float`, `double`.
    Any,
    Int32,
    Int64,
    Date,
    Time,
    DateTime,
    Uuid,
    Email,
    Ipv4,
    Ipv6,
    Hostname,
    Uri,
    Byte,
}

impl Format {
    pub(super) fn read(name: &str) -> Option<Self> {
        Some(match name {
            "password" | "binary" | "float" | "double" => Self::Any,
            "int32" => Self::Int32,
            "int64" => Self::Int64,
            "date" => Self::Date,
            "time" => Self::Time,
            "date-time" => Self::DateTime,
            "uuid" => Self::Uuid,
            "email" => Self::Email,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            "hostname" => Self::Hostname,
            "uri" => Self::Uri,
            "byte" => Self::Byte,
            _ => return None,
        })
    }

    /// Whether the value has the format; values of other types than it is about have.
    pub(super) fn holds(self, value: &Value) -> bool {
        match value {
            Value::Number(number) => match self {
                Self::Int32 => {
                    number.as_f64().is_some_and(|n| (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&n))
                }
                Self::Int64 => {
                    number.is_i64()
                        || number.is_f64() && number.as_f64().is_some_and(|n| n.abs() < 9_223_372_036_854_775_808.0)
                }
                _ => true,
            },
            Value::String(text) => self.holds_text(text),
            _ => true,
        }
    }

    fn holds_text(self, text: &str) -> bool {
        match self {
            Self::Any | Self::Int32 | Self::Int64 => true,
            Self::Date => is_date(text),
            Self::Time => is_time(text),
            Self::DateTime => {
                text.split_once(['T', 't', ' ']).is_some_and(|(date, time)| is_date(date) && is_time(time))
            }
            Self::Uuid => is_uuid(text),
            Self::Email => text.rsplit_once('@').is_some_and(|(name, host)| is_mailbox(name) && is_mail_host(host)),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Hostname => is_hostname(text),
            Self::Uri => is_uri(text),
            Self::Byte => is_base64(text),
        }
    }
}

/// RFC 3339, section 5.6: `full-date`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// RFC 3339, section 5.6: `full-time`, with its offset.
fn is_time(text: &str) -> bool {
    let (clock, offset) = match text.find(['Z', 'z', '+', '-']).and_then(|at| text.split_at_checked(at)) {
        Some(parts) => parts,
        None => return false,
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts[..] else { return false };
    let (Some(at), Some(offset), Some(second)) = (minutes(hour, minute), offset_minutes(offset), digits(second, 2))
    else {
        return false;
    };
    // A leap second is the last one of a day in UTC.
    let last = (at - offset).rem_euclid(24 * 60) == 24 * 60 - 1;
    fraction && (second < 60 || second == 60 && last)
}

/// Minutes of an hour and a minute, if there are such.
fn minutes(hour: &str, minute: &str) -> Option<i32> {
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    (hour < 24 && minute < 60).then(|| i32::try_from(hour * 60 + minute).ok()).flatten()
}

/// Minutes before UTC.
fn offset_minutes(offset: &str) -> Option<i32> {
    let of = |text: &str| text.split_once(':').and_then(|(hour, minute)| minutes(hour, minute));
    match (offset, offset.split_at_checked(1)?) {
        ("Z" | "z", _) => Some(0),
        (_, ("-", rest)) => of(rest).map(|minutes| -minutes),
        (_, (_, rest)) => of(rest),
    }
}

fn digits(text: &str, length: usize) -> Option<u32> {
    let all = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

/// RFC 9562, section 4.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    groups.len() == lengths.len()
        && groups
            .iter()
            .zip(lengths)
            .all(|(group, length)| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// RFC 5321, section 4.1.2: a `Dot-string`, or a `Quoted-string`.
fn is_mailbox(name: &str) -> bool {
    if let Some(quoted) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        let mut escaped = false;
        let fits = |byte| {
            let plain = byte != b'"' || escaped;
            escaped = byte == b'\\' && !escaped;
            plain && (b' '..=b'~').contains(&byte)
        };
        return name.len() <= 64 && quoted.bytes().all(fits) && !escaped;
    }
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte) || byte >= 0x80;
    name.len() <= 64 && name.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}

/// RFC 5321, section 4.1.3: a domain, or an address in brackets.
fn is_mail_host(host: &str) -> bool {
    let Some(literal) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) else {
        return is_hostname(host);
    };
    match literal.strip_prefix("IPv6:") {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => literal.parse::<Ipv4Addr>().is_ok(),
    }
}

/// RFC 1123, section 2.1.
fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// RFC 3986, section 3, as far as characters go: a scheme, and nothing that no URI holds.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let letters = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && letters && rest.bytes().all(allowed)
}

/// RFC 4648, section 4, with padding.
fn is_base64(text: &str) -> bool {
    let coded = text.trim_end_matches('=');
    let padding = text.len().saturating_sub(coded.len());
    let letters = coded.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
    text.len().is_multiple_of(4) && padding <= 2 && letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn formats_hold_for_what_they_name() {
        let longest = "a".repeat(63);
        for (format, good, bad) in [
            (
                "date",
                vec!["2026-11-22", "2024-02-29", "2000-02-29"],
                vec!["2026-02-29", "1900-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026-04-31", "2026-00-10", ""],
            ),
            (
                "time",
                vec!["05:00:00Z", "05:00:00.123+14:00", "23:59:60Z", "13:59:60+14:00", "15:59:60-08:00"],
                vec![
                    "23:59:60+14:00",
                    "23:58:60Z",
                    "23:59:61Z",
                    "05:00:00+24:00",
                    "05:00:00",
                    "24:00:00Z",
                    "05:60:00Z",
                    "05:00Z",
                    "05:00:00+1",
                    "05:00:00.Z",
                ],
            ),
            (
                "date-time",
                vec!["2026-11-22T05:00:00Z", "2026-11-22t05:00:00.5-03:30"],
                vec!["2026-11-22", "2026-11-22T05:00:00"],
            ),
            (
                "uuid",
                vec!["3fa85f64-5717-4562-b3fc-2c963f66afa6"],
                vec!["3fa85f64", "3fa85f64-5717-4562-b3fc-2c963f66afaz", "3fa85f645717-4562-b3fc-2c963f66afa6-"],
            ),
            (
                "email",
                vec!["a.b+c@example.com", "o'brien@x", "\"a b@\\\"c\"@x", "a@[127.0.0.1]", "a@[IPv6:::1]"],
                vec![
                    "\"a\"b\"@x",
                    "\"a\\\"@x",
                    "a@[x]",
                    "a@[::1]",
                    "a",
                    "@b",
                    "a@",
                    "a b@c",
                    "a..b@c",
                    "a@-b",
                    "a@b@c",
                ],
            ),
            ("ipv4", vec!["10.0.0.1"], vec!["10.0.0", "010.0.0.1", "256.0.0.1"]),
            ("ipv6", vec!["::1", "2001:db8::1"], vec!["1", ":::"]),
            ("hostname", vec!["a", "a-b.c", longest.as_str()], vec!["", "a..b", "-a", "a-", "a_b", "a b"]),
            ("uri", vec!["https://a/b?c=d#e", "urn:x:y"], vec!["a", "/a", "1a:b", "a:b c", "a:<b>"]),
            ("byte", vec!["", "QQ==", "QUI="], vec!["Q", "Q===", "Q_==", "QQ="]),
            ("password", vec!["", "x"], vec![]),
        ] {
            let read = Format::read(format).unwrap();
            good.iter().for_each(|text| assert!(read.holds(&json!(text)), "{format} {text}"));
            bad.iter().for_each(|text| assert!(!read.holds(&json!(text)), "{format} {text}"));
        }
        assert_eq!(Format::read("idn-email"), None);
    }

    #[test]
    fn formats_of_numbers_bound_them() {
        assert!(Format::Int32.holds(&json!(2_147_483_647)) && !Format::Int32.holds(&json!(2_147_483_648_u32)));
        assert!(
            Format::Int64.holds(&json!(i64::MAX))
                && !Format::Int64.holds(&json!(u64::MAX))
                && !Format::Int64.holds(&json!(1e19))
        );
        assert!(Format::Date.holds(&json!(1)), "a number is no matter of dates");
    }
}
