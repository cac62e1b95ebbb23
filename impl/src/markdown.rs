//! The tables of our own Markdown pages, read again for pages that are not Markdown.

/// The rows of a table with two columns, without its head.
pub(crate) fn rows(table: &str) -> Vec<(String, String)> {
    let lines = table.lines().filter(|line| line.starts_with('|'));
    // The first two lines are the head and the line below it.
    lines.skip(2).filter_map(row).collect()
}

fn row(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let (left, right) = line.split_once(" | ")?;
    let plain = |text: &str| text.replace("\\|", "|").replace('`', "");
    Some((plain(left), plain(right)))
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn a_table_is_read_without_its_head() {
        let table = "\n| word | meaning |\n|---|---|\n| `a \\|\\| b` | Two. |\n\nAfter it.\n";
        assert_eq!(rows(table), [("a || b".to_owned(), "Two.".to_owned())]);
    }
}
