//! Text that changes the meaning of a database query.

use super::Severity::{Critical, Error};
use super::{Group, Places, Severity, Signature, signature};
use crate::transform::Transform::{self, CompressWhitespace, Lowercase, RemoveNulls, ReplaceComments};

/// As it is, and without comments: `/*` in a text constant is none, so what is behind it counts too.
const SQL: &[&[Transform]] =
    &[&[RemoveNulls, Lowercase, CompressWhitespace], &[RemoveNulls, ReplaceComments, Lowercase, CompressWhitespace]];

const fn sql(severity: Severity, id: &'static str, pattern: &'static str) -> Signature {
    signature(Group::SqlInjection, severity, id, Places::VALUES, SQL, pattern)
}

pub(super) const SIGNATURES: &[Signature] = &[
    // Behind the end of a constant, whatever is selected.
    sql(
        Critical,
        "sqli-union",
        r#"['"`)0-9.] ?union[ (]*(?:all|distinct)?[ (]*select[ (]*(?:[0-9'"@*]|null\b|[a-z_]+\(|[a-z0-9_.`]+ ?(?:,|--|#|;|\)|from\b|where\b|limit\b|into\b|$))"#,
    ),
    // Anywhere, selecting what prose does not.
    sql(
        Critical,
        "sqli-union-values",
        r#"\bunion[ (]+(?:all |distinct )?[ (]*select[ (]+(?:(?:null|[0-9]+|'[^']*'|"[^"]*") ?,|[a-z0-9_.]+ ?, ?[a-z0-9_.'"@()]+ ?(?:,|from\b|--|#|;|\)|$)|(?:null|[0-9]+|'[^']*'|"[^"]*") ?(?:--|#|;|\)|/\*|from\b|union all\b|$)|@@|\* ?from\b|[a-z_]+ from [a-z0-9_]+[._][a-z0-9_]|[a-z_]+\()"#,
    ),
    // A constant ends, and a comparison of constants follows.
    sql(
        Critical,
        "sqli-tautology",
        r#"['"`]\)* ?(?:or|and|xor|\|\||&&)[ (]*(?:not[ (]+)?(?:['"`][^'"`]{0,32}['"`]|\b[0-9][0-9.]*|@@[a-z_]+|true\b|false\b|null\b)\)* ?(?:=|<|>|!=|is (?:not )?(?:null|true|false)\b|r?like ?['"`(%0-9]|regexp ?['"`(]|in ?\( ?['"`0-9(]|between ?['"`0-9])"#,
    ),
    // A number, and a comparison of numbers, and nothing else.
    sql(
        Critical,
        "sqli-tautology-number",
        r#"(?:^|=)-?[0-9]+\)* (?:or|and|xor|\|\||&&) ?\(*(?:not[ (]+)?['"]?(?:[0-9]+['"]?(?:=|<>|!=|<|>| like )['"]?[0-9]+['"]? ?\)*\x16?$|[0-9]+ (?:not )?between [0-9]+ and [0-9]+ ?\)* ?(?:--|#|;|/\*|\x16|$|(?:and|or) )|[0-9]+['"]? ?(?:=|<>|!=|<|>|like) ?['"]?[0-9]+['"]? ?\)* ?(?:--|#|;|/\*|\x16|(?:order|group) by\b|limit [0-9]|(?:and|or) \(*(?:not )?['"]?[0-9])|(?:0 = 0|1 = 1|2 = 2|3 = 3)['"]? ?\)*$|[0-9]+ ?(?:--|#) ?[+-]?$|[a-z_]+ ?\( ?\) ?(?:=|<|>|like\b))|^ ?(?:or|and|xor|\|\||&&) [0-9]+ ?(?:=|<|>) ?[0-9]+ ?(?:--|#|/\*|$)"#,
    ),
    sql(
        Critical,
        "sqli-tautology-true",
        r#"['"`]\)*[ (]*(?:or|\|\|) ?\(*(?:not )?(?:true|1|!0)\b ?\)* ?;? ?(?:--|#|/\*|$)"#,
    ),
    // The first sign closes a constant, and an operator goes on from there.
    sql(
        Critical,
        "sqli-operator",
        r#"(?:^|=|/\*) ?(?:'(?:[-+*&^|=]'(?:$| ?or\b|')|\|\|')|['"] (?:(?:or|and|xor|\|\||&&|r?like|regexp) ['"](?:['"]|[^ ]*$)|(?:div|mod|xor|rlike|regexp) [0-9]+ (?:or|and)\b)|[^'"`]{0,24}['"`]\)* ?(?:(?:or|and) [a-z_][a-z0-9_.]{0,32}(?:\( ?\))? ?(?:(?:=|<|>|r?like) ?\\?['"]|like char\(|is (?:not )?null\b|= ?[a-z_][a-z0-9_.()]{0,32} ?(?:--|#|/\*))|; ?(?:return (?:true|1|!0)|[a-z][^;'"]{1,64};? ?--[ +-]?$)))"#,
    ),
    // A constant ends, and what follows is commented out.
    sql(Error, "sqli-comment", r#"['"`]\)*;? ?(?:--[ +-]?|/\*| #)$|(?:^|=)[a-z0-9_.@ /*-]{1,32}['"]\)*;?#$"#),
    // A second statement.
    sql(
        Critical,
        "sqli-stacked",
        r#"; ?(?:insert (?:ignore )?into [a-z0-9_.`"\[\]]+ ?(?:\(|values|select|set )|delete from [a-z0-9_.`"\[\]]+ ?(?:where\b|;|--|#|$)|drop (?:table|database|schema|view|user|index|function|procedure) (?:if exists )?[a-z0-9_.`"\[\]]+ ?(?:;|--|#|,|/\*|cascade|$)|truncate table [a-z0-9_.`"\[\]]+ ?(?:;|--|#|$)|alter (?:table|user|database|role|login) [a-z0-9_.`"\[\]]+ (?:add|drop|modify|rename|change|set|with|identified)\b|create (?:table [a-z0-9_.`"\[\]]+ ?(?:\(|as select)|(?:user|database|login|role) [a-z0-9_.'"@`%]+ ?(?:identified|with|;|--|#|$)|or replace (?:function|procedure|view|trigger))|exec(?:ute)?(?: ?(?:xp_|sp_|master\b|immediate\b|\( ?['"@])|\()|declare @[a-z0-9_]+ (?:as )?(?:n?varchar|n?char|int|table|cursor|sysname|bigint|xml)\b|shutdown ?(?:with|;|--|$)|waitfor (?:delay|time)\b|update [a-z0-9_.`"\[\]]+ set [a-z0-9_.`"\[\]]+ ?=|if ?\( ?[0-9]+ ?(?:=|<|>|like|between)|select[ (]+(?:pg_sleep|sleep ?\(|benchmark|@@|version ?\(|\* from|load_file|case when|count ?\(|char ?\())"#,
    ),
    // Functions that no text calls.
    sql(
        Critical,
        "sqli-function",
        r#"\bbenchmark ?\( ?[0-9a-z]+ ?,|\b(?:pg_sleep|randomblob|load_file|extractvalue|updatexml|sys_eval|sys_exec|xp_dirtree|xp_cmdshell|pg_read_file|lo_import|utl_inaddr\.get_host_(?:name|address)|utl_http\.request|dbms_pipe\.receive_message|dbms_lock\.sleep|dbms_ldap\.init|ctxsys\.drithsx\.sn) ?\( ?[0-9'"(@a-z]|\b(?:make_set|elt|iif) ?\( ?[0-9]+ ?(?:=|<|>|like|between)"#,
    ),
    sql(Critical, "sqli-xp", r#"\bexec(?:ute)?[ (]+(?:master(?:\.dbo)?\.?\.)?(?:xp|sp)_[a-z]+"#),
    sql(Critical, "sqli-waitfor", r#"\bwaitfor (?:delay|time) ?['"(]"#),
    sql(
        Critical,
        "sqli-sleep",
        r#"(?:\b(?:and|or|xor|select|having|when|then)\b|rlike|\bif ?\( ?[^();]{1,32}, ?|['"`)|;]) ?\(*(?:select[ (]+)?\(*sleep ?\( ?[0-9.]+ ?\)"#,
    ),
    sql(Critical, "sqli-file", r#"\binto (?:out|dump)file ?['"][^'" ]*[/\\.][a-z0-9]"#),
    sql(
        Critical,
        "sqli-catalogue",
        r#"\b(?:from|join)[ (`"\[]+(?:information_schema\b|sysobjects\b|syscolumns\b|sqlite_(?:master|schema)\b|pg_(?:catalog|shadow|user|database)\b|all_tables\b|all_tab_columns\b|user_tables\b|mysql[`"\]]?\.[`"\[]?user\b|sys\.(?:tables|databases|columns|objects)\b|master\.\.|rdb\$|msysaccessobjects\b|sysibm\.|sysmaster:|sysusers\b)"#,
    ),
    sql(
        Critical,
        "sqli-subquery",
        r#"(?:['"`]|[0-9]\)*) ?(?:\|\||&&|or|and|xor|=|<|>|\+|-|\*|,|in|like)[ (]*\( ?select\b"#,
    ),
    sql(
        Critical,
        "sqli-conditional",
        r#"['"`]\)* ?(?:\|\||&&|or|and|xor|=|\+)[ (]*(?:case when|exists ?\( ?select|(?:substr|substring|ascii|ord|mid|length|cast|convert|version|database|user|char|nchar|chr|hex|if|ifnull|nullif|elt|strcmp|row|json_keys|concat|updatexml|extractvalue)\()"#,
    ),
    sql(
        Critical,
        "sqli-probe",
        r#"(?:['"`)]|^-?[0-9]+) ?(?:(?:order|group) by [0-9]+|having [0-9'"]+ ?=|limit [0-9]+ ?, ?[0-9]+|procedure analyse ?\()[0-9', "]* ?(?:--|#|;|/\*|\)|=|having\b|and\b|or\b|$)"#,
    ),
    sql(
        Critical,
        "sqli-nested",
        r#"\b(?:ord|ascii|hex|unhex|length|char_length|mid|substr|substring|left|right|concat|group_concat|ifnull|cast|convert) ?\( ?\(? ?(?:select [a-z_*@]|(?:database|version|(?:current_|session_|system_)?user) ?\( ?\)|@@)"#,
    ),
    // A whole statement.
    sql(
        Critical,
        "sqli-statement",
        r#"(?:^|=|/\*) ?(?:select (?:(?:\*|count ?\( ?\* ?\)|[a-z0-9_.`]+(?: ?, ?[a-z0-9_.`]+)+) from [a-z0-9_.`"\[\]]+ ?(?:$|;|--|#|where\b|limit [0-9]|order by\b)|(?:distinct )?[a-z0-9_.`]+ from [a-z0-9_.`"\[\]]+ (?:where [a-z0-9_.`"]+ ?(?:=|<|>|!=|like ['"]|in ?\()|limit [0-9])|[a-z_]*(?:passw|pwd|hash|secret)[a-z_]* from [a-z0-9_.`]+ ?$)|insert (?:ignore )?into [a-z0-9_.`"\[\]]+ ?(?:\([^)]{1,200}\) ?)?values ?\(|delete from [a-z0-9_.`"\[\]]+ where [a-z0-9_.`"]+ ?(?:=|<|>|!=|like ['"]|in ?\()|update [a-z0-9_.`"\[\]]+ set [a-z0-9_.`"\[\]]+ ?= ?['"0-9(]|drop (?:table|database|schema) (?:if exists [a-z0-9_.`]|[a-z0-9_.`]+ ?;))"#,
    ),
    sql(Critical, "sqli-case", r#"\bcase when ?\(?['"0-9][^ ]{0,16} ?(?:=|<|>|like)[^;]{1,64} then\b"#),
    signature(
        Group::SqlInjection,
        Error,
        "nosqli-operator",
        Places::NAMES,
        &[&[RemoveNulls, Lowercase]],
        r#"(?:^|\[)['"]?\$(?:ne|gte?|lte?|nin|regex|where|exists|expr|function)['"]?(?:\]|$)"#,
    ),
    sql(
        Error,
        "ldap-filter",
        r#"\)\((?:[|&!]\(?[a-z]{1,32} ?[~<>]?=|[a-z]{1,32} ?[~<>]?=\*|[&|]\))|\*\([|&]\([a-z]{1,32}[~<>]?=\*"#,
    ),
    // Some interfaces take such conditions as text; nobody asks them for what is greater than nothing.
    sql(
        Error,
        "nosqli-condition",
        r#"\{ ?['"]?\$(?:(?:ne|gte?|lte?)['"]? ?: ?(?:""|''|null\b|undefined\b|-?[01] ?\})|(?:where|function|expr)['"]? ?:)"#,
    ),
];
