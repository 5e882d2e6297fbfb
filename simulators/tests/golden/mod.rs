//! Results kept as files beside this one.

/// Compares `table` with a file of this folder, line by line; with `UPDATE_GOLDEN` set, writes the file anew first.
pub(crate) fn compare(file: &str, table: &str) {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, table).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(golden.lines().count() > 20, "{path} says little");
    for (ours, kept) in table.lines().zip(golden.lines()) {
        assert_eq!(ours, kept);
    }
    assert_eq!(table.lines().count(), golden.lines().count());
}
