//! Text that runs as script in a browser.

use super::Severity::{Critical, Error};
use super::{Group, Places, Severity, Signature, signature};
use crate::transform::Transform::{
    self, CompressWhitespace, HtmlDecode, JsDecode, Lowercase, RemoveNulls, RemoveWhitespace,
};

/// As a browser reads markup, and as it reads scripts in it.
const MARKUP: &[&[Transform]] = &[
    &[HtmlDecode, RemoveNulls, Lowercase, CompressWhitespace],
    &[HtmlDecode, JsDecode, RemoveNulls, Lowercase, CompressWhitespace],
];
/// As a browser reads a URL: white space in the scheme does not count.
const URL: &[&[Transform]] = &[&[HtmlDecode, JsDecode, RemoveNulls, Lowercase, RemoveWhitespace]];

const fn markup(severity: Severity, id: &'static str, pattern: &'static str) -> Signature {
    signature(Group::CrossSiteScripting, severity, id, Places::VALUES, MARKUP, pattern)
}

const fn url(severity: Severity, id: &'static str, pattern: &'static str) -> Signature {
    signature(Group::CrossSiteScripting, severity, id, Places::VALUES, URL, pattern)
}

pub(super) const SIGNATURES: &[Signature] = &[
    markup(Critical, "xss-script", r#"<[ /]*script(?:[ />:]|$)"#),
    // A tag with an event handler.
    markup(
        Critical,
        "xss-handler",
        r#"<[a-z!?/][^>]*[ /"'`]on(?:abort|activate|after|animation|auxclick|before|begin|blur|bounce|cancel|canplay|change|click|close|context|copy|cut|dblclick|drag|drop|duration|end|error|finish|focus|form|fullscreen|hashchange|input|invalid|key|load|message|mouse|offline|online|page|paste|pause|play|pointer|popstate|progress|ratechange|readystate|repeat|reset|resize|scroll|search|seek|select|show|start|stalled|storage|submit|suspend|timeupdate|toggle|touch|transition|unhandled|unload|volumechange|waiting|webkit|wheel)[a-z]* ?="#,
    ),
    // An attribute ends, and an event handler follows.
    markup(
        Critical,
        "xss-attribute",
        r#"(?:^|["'`])[ /]*(?:[a-z]+(?:=[^ "'`]*)?[ /]+){0,3}on(?:abort|animation|auxclick|before|blur|change|click|close|context|copy|cut|dblclick|drag|drop|end|error|focus|hashchange|input|key|load|message|mouse|page|paste|play|pointer|progress|reset|resize|scroll|search|select|show|submit|toggle|touch|transition|unload|wheel)[a-z]* ?= ?["'`]?[a-z$_]+(?:[.\[(`=]|$)"#,
    ),
    // A tag that loads or runs what it names.
    markup(
        Critical,
        "xss-embed",
        r#"<(?:iframe|embed|object|applet|frame|frameset|base|meta|portal|bgsound|layer|link)[ /][^>]*\b(?:src|srcdoc|data|href|http-equiv|code|codebase|classid|content) ?="#,
    ),
    markup(
        Critical,
        "xss-svg",
        r#"<(?:svg|math)[ />][^<]*(?:<[^<]*){0,4}<(?:animate|set|script|foreignobject|use|maction|annotation-xml)\b"#,
    ),
    url(
        Critical,
        "xss-scheme",
        r#"(?:javascript|vbscript|livescript):(?:[^a-z0-9]|void|var[a-z]=)*(?:alert|confirm|prompt|eval|document|window|location|fetch|import|atob|settimeout|setinterval|function|constructor|open|self|top|parent|this|xmlhttprequest|string|msgbox|execscript)(?:[(\[=`]|\.[a-z]+[(=\[.)])"#,
    ),
    url(
        Critical,
        "xss-scheme-attribute",
        r#"<[a-z].*(?:href|src|action|formaction|background|poster|data|srcdoc|values|to|from|lowsrc|dynsrc)=["'`]?(?:(?:javascript|vbscript|livescript):|data:(?:text/html|image/svg|text/xml|application/x))"#,
    ),
    url(Critical, "xss-data", r#"data:(?:text/html|application/xhtml\+xml)[;,]"#),
    // A call at the beginning of a script's text, or behind the end of a constant.
    markup(
        Critical,
        "xss-call",
        r#"(?:['"`][)\]}]*[;+*/-]* ?(?:[(!+~-]|void |window\.|top\.|self\.|parent\.|this\.)*(?:alert|confirm|prompt|eval|execscript) ?|(?:(?:^|[;})\]{]) ?|[+*/-])(?:[(!+~-]|void |window\.|top\.|self\.|parent\.|this\.)*(?:alert|confirm|prompt|eval|execscript))(?:\( ?(?:[0-9'"`/)]|(?:document|window|location|origin|self|top|name|string\.|atob|cookie|parent|navigator|localstorage)\b)|`|\.(?:call|apply|bind)\b)[^ ]*(?:$|[ ;/'"`*-])"#,
    ),
    markup(
        Critical,
        "xss-sink",
        r#"(?:[+(=,;'"`] ?document\.(?:cookie|domain)\b|\bdocument\.write(?:ln)? ?\( ?['"`<a-z]|\b(?:window|self|top|this|parent|globalthis|frames|document) ?\[ ?['"`/]|\bstring\.fromcharcode ?\( ?[0-9]|\bconstructor ?\( ?['"`]|\.innerhtml ?\+?= ?['"`<]|\b(?:window|document|self|top|parent)\.location(?:\.href)? ?= ?['"`]?(?:https?:|//|javascript|data)|\bonerror ?= ?(?:alert|confirm|prompt|eval|print)\b|\( ?(?:alert|confirm|prompt|eval) ?\) ?\( ?[0-9'"`d]|\.(?:find|map|some|every|foreach|filter|findindex) ?\( ?(?:alert|confirm|prompt|eval) ?\)|\b[a-z_$]{1,8} ?= ?(?:alert|confirm|prompt|eval) ?[,;] ?[a-z_$]{1,8} ?\(|\bfunction ?\( ?['"`][^)]*\)['"`]? ?\) ?[(`]|\bimport ?\( ?['"`](?:https?:)?//)"#,
    ),
    markup(
        Error,
        "xss-style",
        r#"(?:expression ?\( ?(?:alert|document|eval|prompt|confirm|window)|-moz-binding ?: ?url|behaviou?r ?: ?url ?\(|@import ?['"(url]+ ?['"]?(?:javascript|data|//)|<style[^>]*>[^<]{0,100}@import\b)"#,
    ),
    markup(Error, "xss-symbols", r#"(?:!\[\]\+(?:\[\]|!\[\])|\[\]\[\(!\[\]|\(!\[\]\+\[\]\)|!!\[\]\+\[\])"#),
];
