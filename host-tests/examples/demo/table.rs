//! What happened, as a table.

/// One request and what became of it.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) status: u16,
    pub(crate) verdict: String,
    pub(crate) why: String,
    pub(crate) upstream: String,
}

const HEAD: [&str; 4] = ["request", "verdict", "why (from the decision event)", "the upstream saw"];

/// Prints the rows, columns aligned.
pub(crate) fn print(rows: &[Row]) {
    lines(HEAD, &rows.iter().map(cells).collect::<Vec<_>>());
}

/// Prints lines of cells under a head, columns aligned.
pub(crate) fn lines(head: [&str; 4], rows: &[[String; 4]]) {
    let mut widths = head.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    line(&head.map(str::to_owned), &widths);
    line(&widths.map(|width| "-".repeat(width)), &widths);
    for row in rows {
        line(row, &widths);
    }
}

fn cells(row: &Row) -> [String; 4] {
    let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
    let verdict = format!("{} {}", row.status, row.verdict);
    [row.what.to_owned(), verdict.trim().to_owned(), or(&row.why, "-"), or(&row.upstream, "nothing")]
}

fn line(cells: &[String; 4], widths: &[usize; 4]) {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    println!("{}", padded.join("  ").trim_end());
}
