//! Steps that take away what an interpreter skips.

/// Whether there could be white space that a step would change.
pub(super) fn may_have_space(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, b' ' | 9..=13 | 0x80..))
}

/// Whether there is white space that is no single space: what else there is stays.
pub(super) fn may_have_runs(value: &[u8]) -> bool {
    let mut last = 0;
    value.iter().any(|byte| {
        let after_space = std::mem::replace(&mut last, *byte) == b' ';
        matches!(byte, 9..=13 | 0x80..) || (after_space && *byte == b' ')
    })
}

/// Runs of white space as one space, or as nothing.
pub(super) fn whitespace(value: &[u8], keep_one: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    let mut in_space = false;
    while let Some((byte, after)) = rest.split_first() {
        let space = space(rest);
        if space > 0 {
            if keep_one && !in_space {
                out.push(b' ');
            }
            rest = rest.get(space..).unwrap_or_default();
        } else {
            out.push(*byte);
            rest = after;
        }
        in_space = space > 0;
    }
    out
}

/// Length of the white space character at the beginning; 0 if there is none.
fn space(bytes: &[u8]) -> usize {
    match bytes {
        [b' ' | 9..=13, ..] => 1,
        [0xc2, 0xa0 | 0x85, ..] => 2,
        [0xe2, 0x80, 0x80..=0x8d | 0xa8 | 0xa9 | 0xaf, ..] | [0xe2, 0x81, 0x9f | 0xa0, ..] => 3,
        [0xe1, 0x9a, 0x80, ..] | [0xe1, 0xa0, 0x8e, ..] | [0xe3, 0x80, 0x80, ..] | [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    }
}

pub(super) fn comments(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    let mut in_live_comment = false;
    while let Some((byte, after)) = rest.split_first() {
        rest = match rest {
            [b'/', b'*', b'!', live @ ..] => {
                in_live_comment = true;
                out.push(b' ');
                let version = live.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
                live.get(version..).unwrap_or_default()
            }
            [b'/', b'*', comment @ ..] => {
                out.push(b' ');
                let end = memchr::memmem::find(comment, b"*/");
                end.and_then(|end| comment.get(end + 2..)).unwrap_or_default()
            }
            [b'*', b'/', after @ ..] if in_live_comment => {
                in_live_comment = false;
                out.push(b' ');
                after
            }
            _ => {
                out.push(*byte);
                after
            }
        };
    }
    out
}

pub(super) fn command_line(value: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(value.len());
    let mut after_space = false;
    for byte in value {
        match byte {
            b'\\' | b'"' | b'\'' | b'^' => continue,
            b' ' | 9..=13 | b',' | b';' => {
                if !after_space {
                    out.push(b' ');
                }
                after_space = true;
                continue;
            }
            b'/' | b'(' if after_space => {
                out.pop();
            }
            _ => {}
        }
        out.push(byte.to_ascii_lowercase());
        after_space = false;
    }
    out
}
