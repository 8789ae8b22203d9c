//! Other spellings of an attack that a service, browser, database or shell reads alike.

use request_filter::groups::Group;

use crate::attacks::{At, Attack};

type Spelling = fn(&str) -> String;

/// An attack in every spelling that its class allows, with the spelling's name. What is one text in two spellings comes once.
pub(crate) fn variants(attack: &Attack) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for (name, spelling) in GENERAL.iter().chain(of_class(attack)) {
        let text = spelling(attack.text);
        if found.iter().all(|(_, known)| *known != text) {
            found.push((name, text));
        }
    }
    found
}

/// What the transport or the framework undoes.
const GENERAL: &[(&str, Spelling)] = &[
    ("plain", str::to_owned),
    ("percent", |text| percent(text, |_| true)),
    ("percent signs only", |text| percent(text, |byte| !byte.is_ascii_alphanumeric())),
    ("double percent", |text| percent(&percent(text, |byte| !byte.is_ascii_alphanumeric()), |byte| byte == b'%')),
    ("triple percent", |text| {
        let twice = percent(&percent(text, |byte| !byte.is_ascii_alphanumeric()), |byte| byte == b'%');
        percent(&twice, |byte| byte == b'%')
    }),
    ("percent in lower case", |text| percent(text, |_| true).to_lowercase()),
    ("percent u", |text| text.chars().map(|character| format!("%u{:04X}", u32::from(character))).collect()),
    ("full-width", |text| {
        let wide = |character| match character {
            '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap(),
            other => other,
        };
        text.chars().map(wide).collect()
    }),
    ("overlong", |text| {
        let overlong = |byte: u8| format!("%{:02X}%{:02X}", 0xc0 | byte >> 6, 0x80 | byte & 0x3f);
        text.bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { overlong(byte) })
            .collect()
    }),
];

const SQL: &[(&str, Spelling)] = &[
    ("upper case", str::to_uppercase),
    ("mixed case", mixed_case),
    ("comments for spaces", |text| text.replace(' ', "/**/")),
    ("long comments for spaces", |text| text.replace(' ', "/* or so */")),
    ("tabs", |text| text.replace(' ', "\t")),
    ("line feeds", |text| text.replace(' ', "\n")),
    ("carriage returns", |text| text.replace(' ', "\r\n")),
    ("form feeds", |text| text.replace(' ', "\u{c}")),
    ("vertical tabs", |text| text.replace(' ', "\u{b}")),
    ("no-break spaces", |text| text.replace(' ', "\u{a0}")),
    ("many spaces", |text| text.replace(' ', "     ")),
    ("versioned comment", |text| text.replace("union", "/*!50000union*/").replace("select", "/*!50000select*/")),
    // It begins no comment within a constant, which the quote ends.
    ("opened comment", |text| if text.contains(['\'', '"']) { format!("/*{text}") } else { text.to_owned() }),
    ("inside NULs", |text| text.replace(' ', " \0")),
];

const MARKUP: &[(&str, Spelling)] = &[
    ("upper case", |text| keep_case_of(text, str::to_uppercase)),
    ("mixed case", |text| keep_case_of(text, mixed_case)),
    ("decimal references", |text| references(text, |byte| format!("&#{byte};"))),
    ("hexadecimal references", |text| references(text, |byte| format!("&#x{byte:x};"))),
    ("references with zeros", |text| references(text, |byte| format!("&#{byte:07};"))),
    ("references without semicolon", |text| {
        let coded = references(text, |byte| format!("&#x{byte:02X};"));
        // It is needed only before what could be a digit.
        let parts: Vec<&str> = coded.split(';').collect();
        let digit = |part: &str| part.starts_with(|next: char| next.is_ascii_hexdigit());
        parts.windows(2).map(|pair| format!("{}{}", pair[0], if digit(pair[1]) { ";" } else { "" })).collect::<String>()
            + parts[parts.len() - 1]
    }),
    ("named references", |text| {
        text.replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('(', "&lpar;")
            .replace(':', "&colon;")
    }),
    ("script escapes", |text| escapes(text, |byte| format!("\\x{byte:02x}"))),
    ("unicode escapes", |text| escapes(text, |byte| format!("\\u{byte:04x}"))),
    ("code point escapes", |text| escapes(text, |byte| format!("\\u{{{byte:x}}}"))),
    ("inside NULs", |text| text.replace("script", "scr\0ipt").replace("onerror", "onerr\0or")),
    ("slashes for spaces", |text| {
        text.replace("<img ", "<img/").replace("<svg ", "<svg/").replace("<iframe ", "<iframe/")
    }),
    ("line feeds", |text| text.replace(' ', "\n")),
    ("tabs", |text| text.replace(' ', "\t")),
    ("tabs in the scheme", |text| text.replace("javascript:", "java\tscript:")),
    ("line feeds in the scheme", |text| text.replace("javascript:", "java\nscr\nipt:")),
    ("white space before", |text| format!(" \t\n{text}")),
];

const FILES: &[(&str, Spelling)] = &[
    ("backslashes", |text| if text.contains("://") { text.to_owned() } else { text.replace('/', "\\") }),
    ("mixed slashes", |text| text.replacen("../", "..\\", 1)),
    ("double slashes", |text| {
        if text.contains("://") || text.contains("..;") { text.to_owned() } else { text.replace('/', "//") }
    }),
    ("inside NULs", |text| text.replace("..", ".\0.")),
    ("NUL at the end", |text| format!("{text}\0.png")),
    ("upper case", str::to_uppercase),
    ("dots first", |text| text.replace("../../..", "./../../..")),
];

const SHELL: &[(&str, Spelling)] = &[
    ("tabs", |text| text.replace(' ', "\t")),
    ("many spaces", |text| text.replace(' ', "   ")),
    ("separated by a line feed", |text| text.replacen("; ", "\n", 1)),
    ("behind a word", |text| {
        if text.starts_with([';', '|', '&', '`', '$']) { format!("file.txt{text}") } else { text.to_owned() }
    }),
    ("backslash in the name", |text| text.replace("cat /", "c\\at /")),
    ("quotes in the name", |text| text.replace("cat /", "c'a't /").replace("whoami", "w\"h\"o\"a\"mi")),
    ("empty quotes in the name", |text| text.replace("cat /", "ca''t /").replace("whoami", "who\"\"ami")),
    ("quotes in the path", |text| text.replace("/etc/passwd", "/e'tc'/pas\"swd\"")),
    ("redirected", |text| text.replace("cat /", "cat</")),
    ("separator variable", |text| text.replace("cat /", "cat${IFS}/").replace("rm -", "rm$IFS-")),
    ("path of the command", |text| text.replace("cat /", "/bin/cat /").replace("ls -", "/bin/ls -")),
];

const ADDRESSES: &[(&str, Spelling)] = &[
    ("upper case", str::to_uppercase),
    ("backslashes", |text| text.replace("://", ":\\\\")),
    ("mixed slashes", |text| text.replace("://", ":/\\")),
    ("with user", |text| text.replacen("http://", "http://example.com@", 1)),
    ("many slashes", |text| text.replacen("://", ":////", 1)),
];

const TEMPLATES: &[(&str, Spelling)] = &[
    ("spaces inside", |text| text.replace("{{", "{{ ").replace('*', " * ")),
    ("behind a word", |text| format!("x{text}y")),
    ("line feeds", |text| text.replace("{{", "{{\n")),
    ("unicode escapes", |text| escapes(text, |byte| format!("\\u{byte:04x}"))),
];

fn of_class(attack: &Attack) -> &'static [(&'static str, Spelling)] {
    match attack.group {
        Group::SqlInjection if attack.at == At::Anywhere => SQL,
        Group::CrossSiteScripting => MARKUP,
        Group::PathTraversal if attack.at == At::Parameter => FILES,
        Group::CommandInjection => SHELL,
        Group::Ssrf => ADDRESSES,
        Group::TemplateInjection => TEMPLATES,
        _ => &[],
    }
}

fn percent(text: &str, encoded: impl Fn(u8) -> bool) -> String {
    text.bytes().map(|byte| if encoded(byte) { format!("%{byte:02X}") } else { char::from(byte).to_string() }).collect()
}

fn mixed_case(text: &str) -> String {
    let odd = |(at, character): (usize, char)| if at % 2 == 0 { character.to_ascii_uppercase() } else { character };
    text.chars().enumerate().map(odd).collect()
}

/// Case counts in scripts: only markup is changed.
fn keep_case_of(text: &str, change: impl Fn(&str) -> String) -> String {
    text.split_inclusive(['=', '>'])
        .map(|part| if part.contains('<') { change(part) } else { part.to_owned() })
        .collect()
}

/// Signs as references.
fn references(text: &str, reference: impl Fn(u8) -> String) -> String {
    let sign = |byte: &u8| b"<>\"'():".contains(byte);
    text.bytes().map(|byte| if sign(&byte) { reference(byte) } else { char::from(byte).to_string() }).collect()
}

/// Signs as escapes of a string.
fn escapes(text: &str, escape: impl Fn(u8) -> String) -> String {
    let sign = |byte: &u8| b"<>{}$".contains(byte);
    text.bytes().map(|byte| if sign(&byte) { escape(byte) } else { char::from(byte).to_string() }).collect()
}
