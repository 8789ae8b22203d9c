//! The schema that a module carries, kept equal to its settings.

use std::path::Path;
use std::{env, fs, io};

use serde_json::Value;

/// Whether `config.schema.json` in a package's folder, which the module embeds, is `schema`. With `UPDATE_SCHEMAS=1` in the environment it
/// is written instead, as `text` has it.
///
/// # Errors
/// The file cannot be written.
#[expect(clippy::disallowed_methods, reason = "a test, not a policy")]
pub fn is_checked_in(folder: &str, schema: &Value, text: &str) -> io::Result<bool> {
    let path = Path::new(folder).join("config.schema.json");
    if env::var("UPDATE_SCHEMAS").is_ok_and(|value| value == "1") {
        fs::write(path, format!("{text}\n"))?;
        return Ok(true);
    }
    let checked_in: Value = serde_json::from_slice(&fs::read(path).unwrap_or_default()).unwrap_or_default();
    Ok(checked_in == *schema)
}
