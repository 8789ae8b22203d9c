//! Tools that search for weaknesses.

use super::Severity::{Critical, Warning};
use super::{Group, Places, Signature, signature};
use crate::transform::Transform::{self, Lowercase};
use crate::value::Place;

const VIEW: &[&[Transform]] = &[&[Lowercase]];

pub(super) const SIGNATURES: &[Signature] = &[
    Signature {
        headers: &["user-agent"],
        ..signature(
            Group::Scanners,
            Critical,
            "scanner-agent",
            Places::of(&[Place::Header]),
            VIEW,
            r#"\b(?:sqlmap|nikto|nessus|acunetix|netsparker|invicti|w3af|dirbuster|gobuster|feroxbuster|wpscan|masscan|zgrab|nmap|nuclei|arachni|skipfish|openvas|havij|jorgee|zmeu|whatweb|dirsearch|wfuzz|ffuf|fuzz faster u fool|commix|xsser|joomscan|fimap|webinspect|appscan|burpcollaborator|zaproxy|owasp zap|jaeles|vega/|webshag|brutus|hydra|libwww-perl/[0-9.]+ scan|wapiti|xray|goby|qualys was|detectify|tplmap|dalfox)\b"#,
        )
    },
    signature(
        Group::Scanners,
        Critical,
        "scanner-callback",
        Places::VALUES,
        VIEW,
        r#"\b(?:oastify\.com|burpcollaborator\.net|interact\.sh|interactsh\.com|oast\.(?:fun|pro|live|site|online|me)|dnslog\.(?:cn|link)|ceye\.io|bxss\.me|xss\.ht|canarytokens\.com)\b"#,
    ),
    signature(
        Group::Scanners,
        Warning,
        "scanner-probe",
        Places::of(&[Place::Path, Place::Query, Place::QueryName, Place::Header]),
        VIEW,
        r#"acunetix[_-]wvs|appscan_fingerprint|nessus_is_probing|nikto-test|netsparker=?0x|/cgi-bin/.{0,32}\.(?:sh|bat|exe)\b|/(?:phpmyadmin|pma|myadmin)/(?:scripts/setup|index)\.php|/vendor/phpunit/|/hnap1/?$|/actuator/(?:env|heapdump|gateway)|/solr/admin/|/manager/html$|/server-status$|/boaform/"#,
    ),
];
