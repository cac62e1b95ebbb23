//! Tables and code of our own Markdown pages, for pages that are not Markdown.

/// The rows of a table with two columns, without its head.
#[cfg(feature = "explorer")]
pub(crate) fn rows(table: &str) -> Vec<(String, String)> {
    let lines = table.lines().filter(|line| line.starts_with('|'));
    // The first two lines are the head and the line below it.
    lines.skip(2).filter_map(row).collect()
}

#[cfg(feature = "explorer")]
fn row(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let (left, right) = line.split_once(" | ")?;
    let plain = |text: &str| text.replace("\\|", "|").replace('`', "");
    Some((plain(left), plain(right)))
}

/// Code from the middle of a file, moved to the left.
pub(crate) fn unindented(code: &str) -> String {
    let indents = code.lines().skip(1).filter(|line| !line.trim().is_empty());
    let indent = indents.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let mut lines = code.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let others = lines.map(|line| line.get(indent..).unwrap_or_default().to_owned());
    std::iter::once(first).chain(others).collect::<Vec<_>>().join("\n")
}

#[cfg(all(test, feature = "explorer"))]
mod tests {
    use super::rows;

    #[test]
    fn a_table_is_read_without_its_head() {
        let table = "\n| word | meaning |\n|---|---|\n| `a \\|\\| b` | Two. |\n\nAfter it.\n";
        assert_eq!(rows(table), [("a || b".to_owned(), "Two.".to_owned())]);
    }
}
