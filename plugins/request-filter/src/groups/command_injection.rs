//! Text that a shell runs.

use super::Severity::Critical;
use super::{Group, Places, Signature, signature};
use crate::transform::Transform::{self, CommandLine, JsDecode, Lowercase, RemoveNulls};
use crate::value::Place;

/// Lines as they are, and without the backslashes that a shell removes.
const LINES: &[&[Transform]] = &[&[RemoveNulls, Lowercase], &[RemoveNulls, JsDecode, Lowercase]];
/// As a shell reads words: quotes gone.
const WORDS: &[&[Transform]] = &[&[RemoveNulls, CommandLine]];

const fn lines(id: &'static str, pattern: &'static str) -> Signature {
    signature(Group::CommandInjection, Critical, id, Places::VALUES, LINES, pattern)
}

const fn words(id: &'static str, pattern: &'static str) -> Signature {
    signature(Group::CommandInjection, Critical, id, Places::VALUES.without(Place::Path), WORDS, pattern)
}

pub(super) const SIGNATURES: &[Signature] = &[
    // Behind a separator, with arguments that a sentence would not have.
    lines(
        "cmd-fetch",
        r#"(?:(?:[;|&\n]|\$\()\s*|(?:^|[^\s(`])`)(?:/usr)?(?:/bin/)?(?:curl|wget|nslookup|dig|ping|telnet|ncat|netcat|nc|ftp|tftp|ssh|scp)(?:\s|\$\{?ifs\}?|<)+(?:-{1,2}[a-z0-9]|https?:|ftp:|[0-9]{1,3}\.[0-9]|[a-z0-9-]+\.[a-z0-9]+[./:\s)`]|[a-z0-9.-]+\.[a-z]{2,}$|\$|localhost)"#,
    ),
    lines(
        "cmd-shell",
        r#"(?:(?:[;|&\n]|\$\()\s*|(?:^|[^\s(`])`)(?:/usr)?(?:/bin/)?(?:(?:ba|da|z|k|c|tc)?sh\s+(?:-[cilx]|<|/|\$)|powershell(?:\.exe)?\s+-|pwsh\s+-|cmd(?:\.exe)?\s*/[ckq](?:[^a-z]|$)|(?:python[0-9.]*|perl|ruby|lua|node)\s+-[ceri]|php\s+-r|awk\s+'?begin)"#,
    ),
    lines(
        "cmd-windows",
        r#"\bpowershell(?:\.exe)?\s+-(?:e|ec|enc|encodedcommand|nop|noprofile|noni|noninteractive|ep|executionpolicy|w|windowstyle|c|command)\b|^cmd(?:\.exe)?\s*/[ckq]\s|\binvoke-(?:expression|webrequest|restmethod|command)\b|\biex\s*\(\s*new-object\b|\.download(?:string|file)\s*\(\s*['"]|[;|&]\s*(?:get-(?:process|childitem|content|service|wmiobject)|start-process)\b"#,
    ),
    lines("cmd-pipe-shell", r#"\|\s*(?:/usr)?(?:/bin/)?(?:ba|da|z|k|c|tc)?sh\s*(?:$|[;|&)`])"#),
    lines(
        "cmd-who",
        r#"(?:(?:[;|&\n]|\$\()\s*|(?:^|[^\s(`])`)(?:/usr)?(?:/bin/)?(?:whoami|ifconfig|ipconfig|systeminfo|tasklist|uname\s+-[a-z]+|netstat\s+-[a-z]+|printenv)\s*(?:$|[;|&)`#/>\n-])"#,
    ),
    lines(
        "cmd-substitution",
        r#"(?:\$\(|[<>]\(|(?:^|[^\s(`])`)\s*(?:id|ls|ps|pwd|env|uname|hostname|whoami|sleep\s+[0-9.]+|cat\s+[/.~$]\S*|echo\s+\S+|date|touch\s+\S+|rm\s+-\S+|set)\s*(?:\)|`|;|\||-|<|>)"#,
    ),
    lines(
        "cmd-chain",
        r#"(?:^|=)(?:[0-9][0-9.:]*)?\s*[;|&\n]+\s*(?:id|ls|ps|pwd|env|dir|set|ver|uname|hostname)\s*(?:$|[;|&#])|[;|\n]env;|(?:;|\|\s+)ls\s*(?:$|[;|&#])|(?:&&|\|\|)\s*(?:id|ls|ps|pwd|dir|uname|hostname|ver|set)\s*(?:$|[;|&)`#]|-[a-z]+|/[a-z])"#,
    ),
    lines(
        "cmd-file",
        r#"(?:(?:[;|&\n]|\$\()\s*|(?:^|[^\s(`])`)(?:/usr)?(?:/bin/)?(?:(?:cat|head|tail|less|tac|nl|od|xxd|strings|base64|more|cp|mv|touch|find)(?:(?:\s+-[a-z0-9]+)*\s+[/~$.*]{1,3}[a-z0-9_*?/${]|\s*<\s*[/~$.a-z]|\$\{?ifs|\{?,/)|ls(?:\s+-[a-z]+|\s+[/~.])|rm\s+-[a-z]|chmod\s+(?:[0-7]{3,4}|[ugoa]*\+[rwxs])|chown\s+[a-z]+:|mkfifo\s|type\s+[a-z%]+[:\\]|dir\s+(?:[a-z]:|/[a-z])|net\s+(?:user|localgroup|view)|certutil\s+-|crontab\s+-|sleep\s+[0-9.]+\s*(?:$|[;|&)`#])|echo\s+(?:["'$`%]|[a-z0-9]+\s*[|>;&]))"#,
    ),
    lines(
        "cmd-tool",
        r#"(?:(?:[;|&\n]|\$\()\s*|(?:^|[^\s(`])`)(?:sudo\s+)?(?:/usr)?(?:/s?bin/)?(?:socat\s+\S*:|tar\s+-?[cxzvf]+\s+[/~.a-z]|dd\s+[io]f=|kill(?:all)?\s+-[0-9a-z]|reboot\s*(?:$|[;|&#])|shutdown\s+[-/][a-z]|(?:user|group)(?:add|del|mod)\s+[-a-z]|tee\s+(?:-a\s+)?[/~.]|(?:mysql|mysqldump|psql|mongo|redis-cli)\s+-|find\s+[/~.]\S*\s+-|vim?\s+-c|env\s+[a-z_]+=|systemctl\s+[a-z-]+\s+[a-z]+|iptables\s+-|insmod\s|apt(?:-get)?\s+install\s+[a-z])|\{(?:ls|cat|head|tail|wget|curl|nc|ping|bash|sh|rm|echo|touch|uname),[-/.~a-z0-9]"#,
    ),
    lines("cmd-function", r#"(?:^|=)\s*\(\)\s*\{\s*[:_a-z]*\s*[;}]"#),
    lines("cmd-separator-variable", r#"\$\{?ifs\b"#),
    lines(
        "cmd-redirect",
        r#"(?:[0-9&]?>{1,2}|<)\s*/(?:dev/(?:tcp|udp|null)|tmp/[a-z0-9_.]+\s*(?:$|[;|&])|var/www/|etc/cron)"#,
    ),
    // A word in pieces behind a separator.
    lines(
        "cmd-quoted",
        r#"(?:(?:[;|&\n]|\$\()\s*|(?:^|[^\s(`])`)[a-z/]+(?:''|""|(?:\\[a-z]){2}|(?:'[a-z]+'[a-z]*){2}|(?:"[a-z]+"[a-z]*){2}|\$@|\$\{[0-9@*]\})[a-z]"#,
    ),
    words(
        "cmd-words",
        r#"(?:^|[^a-z0-9_.-])(?:cat|head|tail|less|tac|nl|od|xxd|strings|base64|cp|mv|vi|nano|grep|sed|awk)(?:<|\$\{?ifs(?:\$9)?\}?|[ @*{}+$1-9])*/(?:etc|proc|root|home|var|tmp|usr|dev)/[a-z]"#,
    ),
    words(
        "cmd-path",
        r#"(?:^|[ |&`($@{<>=])/(?:usr/)?(?:s?bin|local/bin)/(?:(?:ba|da|z|k|c|tc)?sh|cat|ls|id|nc|ping|wget|curl|uname|ps|rm|chmod|echo|sleep|touch|whoami|python[0-9.]*|perl|env)(?:$|[^a-z0-9_/.-])"#,
    ),
    words("cmd-glob", r#"/(?:b[?*\[i][?*n\]]+|[?*]{2,}n?)/[a-z?*]*[?*][a-z?*]*(?: |/|$)"#),
    words("cmd-device", r#"/dev/(?:tcp|udp)/[a-z0-9.-]+/[0-9]"#),
];
