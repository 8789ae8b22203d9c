//! Envoy's log, and what plugins wrote into it.

/// How each line of Envoy's log begins: level, logger. What follows belongs to the line above it.
pub(super) const FORMAT: &str = "[%T.%e][%t][%l][%n] %v";

const LEVELS: [&str; 6] = ["trace", "debug", "info", "warning", "error", "critical"];

/// A line that a plugin logged, or that Envoy logged about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// `trace`, `debug`, `info`, `warning`, `error` or `critical`.
    pub level: String,
    /// The plugin's name; empty where Envoy itself speaks.
    pub plugin: String,
    /// The text.
    pub message: String,
}

/// One entry of Envoy's log, of several lines maybe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) level: String,
    pub(super) logger: String,
    pub(super) text: String,
}

/// All entries of a log. What precedes the first belongs to none and is kept as an error: Envoy's loader writes so.
pub(super) fn entries(log: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in log.lines() {
        if let Some(entry) = parse(line) {
            entries.push(entry);
        } else if let Some(last) = entries.last_mut() {
            last.text.push('\n');
            last.text.push_str(line);
        } else {
            entries.push(Entry { level: "error".into(), logger: String::new(), text: line.into() });
        }
    }
    entries
}

/// What plugins logged, and what Envoy's wasm host said about them.
pub(super) fn wasm_lines(log: &str) -> Vec<LogLine> {
    entries(log).into_iter().filter(|entry| entry.logger == "wasm").map(plugin_line).collect()
}

/// What went wrong, for a message: entries of level warning and above, the last few.
pub(super) fn complaints(log: &str) -> Vec<String> {
    const KEPT: usize = 12;
    let serious = |entry: &Entry| matches!(entry.level.as_str(), "warning" | "error" | "critical");
    let all: Vec<Entry> = entries(log).into_iter().filter(serious).collect();
    all.iter().skip(all.len().saturating_sub(KEPT)).map(|entry| format!("[{}] {}", entry.level, entry.text)).collect()
}

fn parse(line: &str) -> Option<Entry> {
    let mut rest = line;
    let mut tags = [""; 4];
    for tag in &mut tags {
        (*tag, rest) = rest.strip_prefix('[')?.split_once(']')?;
    }
    let [_time, _thread, level, logger] = tags;
    LEVELS.contains(&level).then_some(())?;
    let text = rest.strip_prefix(' ').unwrap_or(rest);
    Some(Entry { level: level.into(), logger: logger.into(), text: text.into() })
}

/// A plugin's line reads `wasm log NAME ROOT VM: TEXT`; empty ids are left out.
fn plugin_line(entry: Entry) -> LogLine {
    let parts = entry.text.strip_prefix("wasm log").and_then(|rest| rest.split_once(": "));
    let (plugin, message) = match parts {
        Some((ids, message)) => (ids.trim().split(' ').next().unwrap_or_default().to_owned(), message.to_owned()),
        None => (String::new(), entry.text),
    };
    LogLine { level: entry.level, plugin, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugins_line_gives_level_plugin_and_message() {
        let lines = wasm_lines(
            "[01:02:03.004][7][warning][wasm] wasm log probe root vm: a: b\n[01:02:03.004][7][info][main] up\n",
        );
        let expected = LogLine { level: "warning".into(), plugin: "probe".into(), message: "a: b".into() };
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn lines_without_a_head_belong_to_the_entry_above() {
        let lines =
            wasm_lines("[01:02:03.004][7][error][wasm] Function failed\nProxy-Wasm plugin in-VM backtrace:\n  0: f\n");
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].message, "Function failed\nProxy-Wasm plugin in-VM backtrace:\n  0: f");
    }

    #[test]
    fn a_message_that_looks_like_a_head_is_not_one() {
        assert_eq!(parse("[a][b][c][d] text"), None);
        assert_eq!(parse("[a][b"), None);
    }

    #[test]
    fn complaints_are_the_last_serious_entries() {
        let log: String = (0..20).map(|n| format!("[t][1][error][main] e{n}\n[t][1][info][main] i{n}\n")).collect();
        let found = complaints(&log);
        assert_eq!(found.len(), 12);
        assert_eq!(found.last().unwrap(), "[error] e19");
    }
}
