//! Which crates are plugins.

use std::fs;

use crate::case::plugins;

#[test]
fn a_crate_with_an_export_is_a_plugin_with_cases_or_without() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("plugins/b/src/deep/policy.rs", "    gatewright::export!(B);\n");
    write("plugins/b/tests/cases/two.yaml", "");
    write("plugins/b/tests/cases/one.yaml", "");
    write("plugins/b/tests/cases/notes.md", "");
    write("examples/a/src/lib.rs", "gatewright::export!(A);\n");
    write("examples/library/src/lib.rs", "//! Use `gatewright::export!` as\n// gatewright::export!(A);\n");
    write("examples/library/src/notes.md", "gatewright::export!(A);\n");

    let found = plugins(root.path()).unwrap();
    let summary: Vec<_> = found.iter().map(|plugin| (plugin.name.as_str(), plugin.files.len())).collect();
    assert_eq!(summary, [("a", 0), ("b", 2)]);
    assert!(found[1].files[0].ends_with("plugins/b/tests/cases/one.yaml"));
    assert_eq!(plugins(&root.path().join("nowhere")).unwrap(), []);
}
