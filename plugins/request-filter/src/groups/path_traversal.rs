//! Names of files outside of what is served.

use super::Severity::{Critical, Error};
use super::{Group, Places, Severity, Signature, signature};
use crate::transform::Transform::{self, Lowercase, RemoveNulls};
use crate::value::Place;

const VIEW: &[&[Transform]] = &[&[RemoveNulls, Lowercase]];

const fn file(severity: Severity, id: &'static str, places: Places, pattern: &'static str) -> Signature {
    signature(Group::PathTraversal, severity, id, places, VIEW, pattern)
}

/// A path is canonical: its dot segments are gone, and too many of them are a condition of their own.
const RELATIVE: Places = Places::VALUES.without(Place::Path);

pub(super) const SIGNATURES: &[Signature] = &[
    // At the beginning two levels, elsewhere three: texts link to `../a.png`.
    file(Critical, "traversal-start", RELATIVE, r#"^(?:\.{0,2}[/\\]+)*(?:\.\.[/\\]+){2}"#),
    file(Critical, "traversal-deep", RELATIVE, r#"(?:\.\.[/\\]+){3}"#),
    file(Critical, "traversal-doubled", RELATIVE, r#"(?:\.\.\.\.[/\\]{2,}|\.\.\.[/\\]\.[/\\]|\.\.;[/\\])"#),
    file(
        Critical,
        "traversal-target",
        RELATIVE,
        r#"\.\.[/\\].{0,64}(?:etc[/\\]|windows[/\\]|winnt[/\\]|boot\.ini|win\.ini|passwd|shadow\b|proc[/\\]self|\.ssh[/\\]|\.env\b|web-inf|\.git[/\\]|\.htaccess|\.htpasswd|web\.config|wp-config)"#,
    ),
    file(Critical, "traversal-file-name", Places::of(&[Place::FileName]), r#"(?:^|[/\\])\.\.(?:[/\\]|$)"#),
    file(
        Critical,
        "file-system",
        Places::VALUES,
        r#"(?:^|[/\\=:"'` ])(?:(?:\.[/\\]+)+|[/\\]+)(?:etc[/\\]+(?:passwd|shadow|group|gshadow|sudoers|crontab|ssh[/\\]|mysql[/\\]|issue)\b|proc[/\\]+(?:self|[0-9]+)[/\\]+(?:environ|cmdline|maps|fd|status|mem|cwd|root|exe)\b|root[/\\]+\.(?:ssh|bash|aws)|var[/\\]+log[/\\]+(?:apache|httpd|nginx|auth|secure|syslog|messages|mail)|(?:windows|winnt)[/\\]+(?:system32|win\.ini|system\.ini|repair|debug)|boot\.ini)"#,
    ),
    file(
        Critical,
        "file-windows",
        RELATIVE,
        r#"\b[c-f]:[/\\]+(?:windows|winnt)[/\\]+(?:system32|win\.ini|system\.ini|repair|debug)|\b[c-f]:[/\\]+boot\.ini"#,
    ),
    // A parameter that is nothing but such a name.
    file(
        Critical,
        "file-named",
        Places::PARAMETERS,
        r#"^[/\\]+(?:etc[/\\]+[a-z0-9_.-]+$|\.(?:git|svn|hg|ssh|aws|kube|docker)[/\\]|(?:web|meta)-inf[/\\]|\.(?:env|htaccess|htpasswd)$)|^~[/\\]+\.(?:ssh|aws|bash|kube|docker)|%(?:systemroot|windir)%[/\\]|::\$data$"#,
    ),
    file(
        Error,
        "file-hidden",
        Places::of(&[Place::Path]),
        r#"/(?:\.git(?:/|$)|\.svn(?:/|$)|\.hg(?:/|$)|\.env(?:\.[a-z]+)?$|\.htpasswd|\.htaccess|\.aws/|\.ssh/|\.kube/|web-inf(?:/|$)|\.ds_store$|wp-config\.php|\.bash_history|id_(?:rsa|dsa|ecdsa|ed25519)(?:$|/)|\.npmrc$|\.dockerenv$|\.docker/|web\.config$|\.vscode/sftp)"#,
    ),
    file(
        Critical,
        "file-wrapper",
        Places::PARAMETERS,
        r#"(?:^|[=(,'" ])(?:php://(?:filter|input|fd|memory|temp|stdin)|phar://|expect://|glob://|zip://|compress\.zlib://|data://text|data:[a-z0-9/+.-]{0,32};base64,pd9w|jar:(?:file|https?):|netdoc:/|file:/+(?:[a-z]:|etc|proc|root|windows|home|var|dev|\$))"#,
    ),
];
