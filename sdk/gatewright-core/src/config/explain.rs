//! Puts serde's errors into the words of whoever wrote the configuration.

use strsim::osa_distance;

/// Rewords the message of a deserialisation error. A message of a type's own passes unchanged.
///
/// serde fixes the wording of its standard errors in `serde::de::Error`; the tests below pin what this relies on. A string of the
/// wrong type is not repeated: it may be a secret that was put in the wrong place.
pub(crate) fn explain(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return unknown("unknown field", "The fields here are", rest);
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        return unknown("unknown value", "Allowed are", rest);
    }
    let mismatch = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    match mismatch.and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((found, wanted)) => mismatched(found, wanted),
        None => message.to_owned(),
    }
}

fn unknown(what: &str, list: &str, rest: &str) -> String {
    let Some((found, wanted)) = rest.rsplit_once(", expected ") else {
        return format!("{what} {}", rest.trim_end_matches(", there are no fields"));
    };
    let allowed: Vec<&str> = wanted.split('`').skip(1).step_by(2).collect();
    let mut text = format!("{what} {found}");
    if let Some(name) = nearest(found.trim_matches('`'), &allowed) {
        text.push_str(&format!("; did you mean `{name}`?"));
    } else {
        text.push('.');
    }
    text + &format!(" {list} `{}`", allowed.join("`, `"))
}

/// The allowed name that was probably meant.
fn nearest<'a>(found: &str, allowed: &[&'a str]) -> Option<&'a str> {
    const LONGEST: usize = 64;
    if found.len() > LONGEST {
        return None;
    }
    let likely = |name: &&str| osa_distance(found, name) <= (name.chars().count() / 3).clamp(1, 3);
    allowed.iter().copied().filter(likely).min_by_key(|name| osa_distance(found, name))
}

fn mismatched(found: &str, wanted: &str) -> String {
    let (shown, is_scalar) = plain_found(found);
    let hint = if wanted == "a string" && is_scalar { "; put it in quotes" } else { "" };
    format!("found {shown}, expected {}{hint}", plain_wanted(wanted))
}

/// What was found, and whether it is a value that quotes would make a string.
fn plain_found(found: &str) -> (String, bool) {
    let kind = found.split(['`', '"']).next().unwrap_or(found).trim_end();
    match kind {
        "string" => ("a string".to_owned(), false),
        "map" => ("an object".to_owned(), false),
        "sequence" => ("a list".to_owned(), false),
        "null" | "Option value" | "unit value" => ("null".to_owned(), false),
        "integer" | "floating point" | "boolean" => (found.split('`').nth(1).unwrap_or(found).to_owned(), true),
        _ => (found.to_owned(), false),
    }
}

fn plain_wanted(wanted: &str) -> String {
    let range =
        |low: &dyn std::fmt::Display, high: &dyn std::fmt::Display| format!("a whole number from {low} to {high}");
    match wanted {
        "u8" => range(&u8::MIN, &u8::MAX),
        "u16" => range(&u16::MIN, &u16::MAX),
        "u32" => range(&u32::MIN, &u32::MAX),
        "u64" | "usize" => "a whole number of 0 or more".to_owned(),
        "i8" => range(&i8::MIN, &i8::MAX),
        "i16" => range(&i16::MIN, &i16::MAX),
        "i32" => range(&i32::MIN, &i32::MAX),
        "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        _ if wanted.starts_with("struct ") || wanted.starts_with("internally tagged enum ") => "an object".to_owned(),
        _ => wanted.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use crate::config::from_value;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the errors of deserialising it matter")]
    struct Sample {
        issuer: Option<String>,
        clock_skew: Option<u32>,
        #[serde(default)]
        audiences: Vec<String>,
        inner: Option<Inner>,
        kind: Option<Kind>,
        flag: Option<bool>,
        ratio: Option<f64>,
        signed: Option<i8>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {}

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Remote,
        Inline,
    }

    fn error(value: serde_json::Value) -> String {
        from_value::<Sample>(value).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_field_names_the_allowed_ones_and_the_likely_one() {
        assert_eq!(
            error(json!({"isuer": "a"})),
            "isuer: unknown field `isuer`; did you mean `issuer`? The fields here are `issuer`, `clock_skew`, `audiences`, \
             `inner`, `kind`, `flag`, `ratio`, `signed`"
        );
        assert!(
            error(json!({"claims": "a"})).starts_with("claims: unknown field `claims`. The fields here are `issuer`, ")
        );
        assert!(error(json!({"clcok_skew": 1})).contains("did you mean `clock_skew`?"));
        assert_eq!(error(json!({"inner": {"x": 1}})), "inner.x: unknown field `x`");
    }

    #[test]
    fn an_unknown_value_names_the_allowed_ones() {
        assert_eq!(
            error(json!({"kind": "remot"})),
            "kind: unknown value `remot`; did you mean `remote`? Allowed are `remote`, `inline`"
        );
        assert_eq!(error(json!({"kind": "x"})), "kind: unknown value `x`. Allowed are `remote`, `inline`");
        let _used = [Kind::Remote, Kind::Inline];
    }

    #[test]
    fn a_wrong_type_says_what_was_found_and_what_was_expected() {
        assert_eq!(error(json!({"audiences": ["a", 5]})), "audiences[1]: found 5, expected a string; put it in quotes");
        assert_eq!(error(json!({"audiences": {"a": 1}})), "audiences: found an object, expected a list");
        assert_eq!(
            error(json!({"clock_skew": -5})),
            "clock_skew: found -5, expected a whole number from 0 to 4294967295"
        );
        assert_eq!(
            error(json!({"clock_skew": 1.5})),
            "clock_skew: found 1.5, expected a whole number from 0 to 4294967295"
        );
        assert_eq!(error(json!({"signed": 200})), "signed: found 200, expected a whole number from -128 to 127");
        assert_eq!(error(json!({"inner": []})), "inner: found a list, expected an object");
        assert_eq!(error(json!({"flag": 1})), "flag: found 1, expected true or false");
        assert_eq!(error(json!({"audiences": null})), "audiences: found null, expected a list");
    }

    #[test]
    fn a_string_of_the_wrong_type_is_not_repeated() {
        assert_eq!(error(json!({"inner": "hunter2, expected x"})), "inner: found a string, expected an object");
        assert_eq!(error(json!({"ratio": "s3`cret"})), "ratio: found a string, expected a number");
    }
}
