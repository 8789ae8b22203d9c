//! Text that a template engine or an expression language evaluates.

use super::Severity::{Critical, Error};
use super::{Group, Places, Severity, Signature, signature};
use crate::transform::Transform::{self, CompressWhitespace, HtmlDecode, JsDecode, Lowercase, RemoveNulls};

const VIEWS: &[&[Transform]] = &[
    &[RemoveNulls, Lowercase, CompressWhitespace],
    &[HtmlDecode, JsDecode, RemoveNulls, Lowercase, CompressWhitespace],
];

const fn template(severity: Severity, id: &'static str, pattern: &'static str) -> Signature {
    signature(Group::TemplateInjection, severity, id, Places::VALUES, VIEWS, pattern)
}

pub(super) const SIGNATURES: &[Signature] = &[
    // A product of numbers: how everybody finds out whether it is evaluated.
    template(
        Error,
        "template-probe",
        r#"(?:\{\{=?|\$\{|#\{|\*\{|@\(|<%=?|\[\[|\{%|~\{|%\{|@\{|\$!\{) ?[('"]*[0-9]+['")]* ?[*+] ?['"(]*[0-9]+|\$\{\{<%\[%"#,
    ),
    template(
        Critical,
        "template-object",
        r#"[.\[({'"|_] ?['"]?__(?:mro|subclasses|globals|builtins|import|getitem|bases)__['"]?[\])(.|: ]|['"]__(?:class|init|base)__['"]|\.__(?:class|init)__(?:\[|\|attr|\.__(?:mro|bases?|init|class|globals|subclasses|dict|getattribute)__)"#,
    ),
    template(
        Critical,
        "template-call",
        r#"(?:\{\{|\{%|\$\{|#\{|<%=?|\*\{)[^}>]*(?:\bpopen\b|\bsystem ?\(|\bexec ?\(|\bpassthru\b|_self\.env|registerundefinedfiltercallback|\blipsum\b|\bcycler\.|\bjoiner\.|\bnamespace\.|\bconfig\.(?:items|__|from)|\brequest\.(?:application|__|environ)|get_flashed_messages|url_for\.|\bconstructor\b|\$eval\b|\$on\.|\|attr ?\(|\bself\.|\bopen ?\(|file\.read|__[a-z]+__|\bapp\.request\b|\bdump ?\( ?app\b|\bpagecontext\.|\| ?(?:filter|map|sort|reduce) ?\( ?['"](?:system|exec|passthru|popen|shell_exec)\b)|(?:#\{|<%=?) ?`[a-z][^`]*`|\{\{ ?(?:(?:config|self|_self) ?\}\}|['"][^'"}]{0,32}['"]\.[a-z_])|#set ?\( ?\$[a-z_]+ ?="#,
    ),
    template(Critical, "jndi", r#"\$\{ ?jndi ?:|\bjndi ?: ?(?:ldaps?|rmi|dns|iiop|nis|corba|https?) ?:"#),
    // Letters by way of look-ups.
    template(
        Critical,
        "jndi-nested",
        r#"\$\{(?:(?:lower|upper) ?: ?[a-z.:/]{1,5}|[a-z]{0,12}::-[a-z:/.]{1,5}|(?:env|sys|date|ctx|main) ?:[^}]{0,32}:-[a-z:/.]{1,5})\}"#,
    ),
    template(Error, "lookup", r#"\$\{ ?(?:env|sys|java|jvmrunargs|docker|k8s) ?:[a-z_.]{1,64}(?::-[^}]{0,32})?\}"#),
    template(
        Critical,
        "expression-java",
        r#"[$%#*]\{[^}]*\bget(?:class|classloader|runtime|declaredmethods?)\b|%\{ ?\(*[#@]|@ognl\.|^(?:ro0abx|aced0005)|\bjava\.lang\.(?:runtime|processbuilder|class|system|thread)\b|\bgetruntime ?\( ?\)|\bt ?\( ?java\.|\bclass\.forname ?\( ?['"]|#_memberaccess|#context ?\[|#_?attr ?\[|@java\.lang|freemarker\.template\.utility|\bgetclass ?\( ?\)\.(?:forname|getmethod|getclassloader|getresource)|\bclass\.module\.classloader|\bnew java\.(?:util|io|net|lang)\."#,
    ),
    template(
        Critical,
        "expression-node",
        r#"process\.(?:mainmodule|binding ?\()|\brequire ?\( ?['"`](?:child_process|node:child_process)|\bchild_process['"`]?\)?\.(?:exec|spawn|fork)|global\.process\b"#,
    ),
    template(
        Critical,
        "code-python",
        r#"__import__ ?\( ?['"]|\bos\.(?:system|popen) ?\( ?['"]|\bsubprocess\.(?:popen|call|run|check_output) ?\( ?[\['"]"#,
    ),
    template(
        Critical,
        "prototype",
        r#"(?:^|[\[.'"])__proto__['"]?(?:$|\]|\[|\.[a-z]| ?:)|\bconstructor(?:\.|\]?\[['"]?)prototype\b"#,
    ),
    template(
        Critical,
        "code-php",
        r#"[oc]:[0-9]+:"[a-z0-9_\\]+":[0-9]+:\{|<\?(?:php\b|= ?[$`'"a-z])|\{/?php\}|\{\$smarty\.|\{(?:system|exec|passthru|shell_exec) ?\( ?['"$]|\bbase64_decode ?\( ?['"$]|\$_(?:get|post|request|server|cookie|files) ?\[|['";.] ?(?:exit|die|print_r|var_dump|phpinfo|passthru|shell_exec|assert|eval) ?\([^;]{0,64}\) ?; ?(?:#|//|/\*)|\bphpinfo ?\( ?\) ?;"#,
    ),
    template(
        Critical,
        "code-asp",
        r#"<% ?import [a-z]|<%[=@! ][^%]*(?:\bruntime\b|response\.write|request ?[(.]|\beval\b|\bsystem ?\(|\bexec ?\(|createobject)|<!--# ?(?:exec|include|echo|config|printenv)"#,
    ),
    template(
        Critical,
        "xml-entity",
        r#"<!(?:entity|doctype)[^>]*\b(?:system|public) ?['"]|<!entity ?%|<!entity [^>]*&[a-z0-9]+;"#,
    ),
];
