//! `${name}` in texts.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

/// The text with every `${name}` replaced. What it is replaced with is not looked at again.
pub(super) fn fill(text: &str, values: &BTreeMap<String, String>) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            bail!("{text:?}: `${{` without `}}`");
        };
        let Some(value) = values.get(name) else {
            let known: Vec<_> = values.keys().map(String::as_str).collect();
            bail!("{text:?}: there is no value `{name}`; `vars` has: {}", known.join(", "));
        };
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
