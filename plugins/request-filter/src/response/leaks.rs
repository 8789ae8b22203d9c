//! Stack traces and database errors in bodies.

use std::cell::RefCell;

use gatewright::config::ConfigError;

use crate::engine::{Budget, Hits, Scanner, ScannerBuilder, Test};

/// What runtimes and databases write when something went wrong.
const PATTERNS: [&str; 10] = [
    r"Traceback \(most recent call last\):",
    r"at [\w.$/<>]{1,200}\([\w$]{1,100}\.(?:java|kt|scala|groovy):\d{1,6}\)",
    r"at [^\n(]{1,200}\([^)\n]{0,200}\) in [^\n]{1,200}:line \d{1,6}",
    r"at (?:[^\n(]{1,200}\()?(?:/|[A-Z]:\\|file:|node:)[^\s()]{1,200}:\d{1,6}:\d{1,6}",
    r"goroutine \d{1,9} \[[a-z ,0-9]{1,60}\]:",
    r"thread '[^'\n]{1,100}' (?:\(\d{1,9}\) )?panicked at ",
    r"(?:PHP |<b>)(?:Fatal|Parse) error",
    r"\.rb:\d{1,6}:in [`']",
    r"SQLSTATE\[|ORA-\d{5}: |You have an error in your SQL syntax",
    r"(?:Npgsql|PSQL|SQLServer|SQLite3?|MySQL)[A-Za-z]{0,30}(?:Exception|Error)\b",
];

/// Finds them.
pub(super) struct Leaks {
    scanner: Scanner,
    hits: RefCell<Hits>,
}

impl Leaks {
    pub(super) fn new() -> Result<Self, ConfigError> {
        let mut builder = ScannerBuilder::default();
        for (number, pattern) in (0..).zip(PATTERNS) {
            builder.add(Test::Regex(pattern.to_owned()), false, number);
        }
        let built = builder.build(&mut Budget::new(4 * 1024 * 1024));
        let scanner = built.map_err(|(_, error)| ConfigError::at("response.block_stack_traces", error.to_string()))?;
        Ok(Self { scanner, hits: RefCell::new(Hits::new(PATTERNS.len())) })
    }

    pub(super) fn are_in(&self, body: &[u8]) -> bool {
        let mut hits = self.hits.borrow_mut();
        self.scanner.scan(body, &mut hits);
        let found = !hits.all().is_empty();
        hits.clear();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn traces_of_many_runtimes() {
        let leaks = Leaks::new().unwrap();
        for trace in [
            "Traceback (most recent call last):\n  File \"a.py\", line 1",
            "java.lang.NullPointerException\n\tat com.example.Orders.find(Orders.java:42)\n",
            r#"{"trace": "x\n\tat com.example.Orders.find(Orders.java:42)"}"#,
            "   at Shop.Orders.Find(Int32 id) in C:\\src\\Orders.cs:line 42",
            "Error: x\n    at Object.<anonymous> (/srv/app/index.js:10:5)",
            "    at node:internal/main/run_main_module:23:47",
            "goroutine 1 [running]:\nmain.main()",
            "thread 'main' panicked at src/main.rs:2:5",
            "PHP Fatal error:  Uncaught Error",
            "<b>Fatal error</b>: Uncaught",
            "orders.rb:12:in `find'",
            "SQLSTATE[42000]: Syntax error",
            "org.postgresql.util.PSQLException: ERROR",
        ] {
            assert!(leaks.are_in(trace.as_bytes()), "{trace}");
        }
    }

    #[test]
    fn prose_is_none() {
        let leaks = Leaks::new().unwrap();
        for text in [
            "We met at noon (in Paris), see page 12:30:45.",
            r#"{"message": "order not found at the store", "code": 42}"#,
            "The thread panicked. Look at https://example.com/a.java",
        ] {
            assert!(!leaks.are_in(text.as_bytes()), "{text}");
        }
    }
}
