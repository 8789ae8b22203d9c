//! How large, deep and many-membered a body may be.

use gatewright::config::Size;
use schemars::JsonSchema;
use serde::Deserialize;

/// Limits of all kinds of bodies. What is above one is refused with 413, by the limit's name.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Of JSON.
    pub json: JsonLimits,
    /// Of `application/x-www-form-urlencoded`.
    pub form: FormLimits,
    /// Of `multipart/form-data`.
    pub multipart: MultipartLimits,
    /// How bodies without finer structure are looked at.
    pub window: WindowSizes,
}

/// Limits of JSON bodies.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JsonLimits {
    /// Objects and arrays within each other (`json_too_deep`). Default: 32.
    pub depth: u32,
    /// Members of one object (`json_too_many_members`). Default: 1000.
    pub members: u32,
    /// Elements of one array (`json_too_many_elements`). Default: 10000.
    pub elements: u32,
    /// Values of the whole document (`json_too_many_values`). Default: 50000.
    pub values: u32,
    /// Bytes of one member name, decoded (`json_key_too_long`). Default: 256B.
    pub key: Size,
    /// Bytes of one string, decoded (`json_string_too_long`). Default: 256KiB.
    pub string: Size,
    /// Bytes of one number (`json_number_too_long`). Default: 64B.
    pub number: Size,
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self {
            depth: 32,
            members: 1_000,
            elements: 10_000,
            values: 50_000,
            key: Size::from_bytes(256),
            string: Size::from_kib(256),
            number: Size::from_bytes(64),
        }
    }
}

/// Limits of form bodies.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FormLimits {
    /// Parameters (`form_too_many_parameters`). Default: 1000.
    pub parameters: u32,
    /// Bytes of one name, decoded (`form_name_too_long`). Default: 256B.
    pub name: Size,
    /// Bytes of one value, decoded (`form_value_too_long`). Default: 256KiB.
    pub value: Size,
}

impl Default for FormLimits {
    fn default() -> Self {
        Self { parameters: 1_000, name: Size::from_bytes(256), value: Size::from_kib(256) }
    }
}

/// Limits of multipart bodies.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MultipartLimits {
    /// Parts (`multipart_too_many_parts`). Default: 100.
    pub parts: u32,
    /// Header fields of one part (`multipart_too_many_headers`). Default: 8.
    pub headers: u32,
    /// Bytes of one header line of a part (`multipart_header_too_long`). Default: 2KiB.
    pub header: Size,
    /// Bytes of one name, decoded (`multipart_name_too_long`). Default: 256B.
    pub name: Size,
    /// Bytes of one file name, decoded (`multipart_filename_too_long`). Default: 256B.
    pub filename: Size,
    /// Bytes of the value of one part that is no file (`multipart_value_too_long`). Default: 256KiB.
    pub value: Size,
    /// Bytes of one file (`multipart_file_too_long`). Default: 100MiB.
    pub file: Size,
    /// Whether rules see the contents of files, window by window. Default: false, as files hold anything.
    pub inspect_files: bool,
}

impl Default for MultipartLimits {
    fn default() -> Self {
        Self {
            parts: 100,
            headers: 8,
            header: Size::from_kib(2),
            name: Size::from_bytes(256),
            filename: Size::from_bytes(256),
            value: Size::from_kib(256),
            file: Size::from_kib(100 * 1024),
            inspect_files: false,
        }
    }
}

/// Sizes of the windows through which unstructured bytes are seen.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WindowSizes {
    /// Bytes of one window. Default: 16KiB; at least 1B.
    pub size: Size,
    /// Bytes that a window shares with the one before, so that what is no longer than this is whole in one of them. Default: 1KiB; at
    /// most half the size.
    pub overlap: Size,
}

impl Default for WindowSizes {
    fn default() -> Self {
        Self { size: Size::from_kib(16), overlap: Size::from_kib(1) }
    }
}
