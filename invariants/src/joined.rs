//! Joins tables that are written in parts, one file for each group of rows.

/// The rows of all parts, one part after another.
pub(crate) const fn joined<T: Copy, const N: usize>(parts: &[&[T]]) -> [T; N] {
    let mut all = [parts[0][0]; N];
    let (mut part, mut count) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            all[count] = parts[part][row];
            (row, count) = (row + 1, count + 1);
        }
        part += 1;
    }
    assert!(count == N, "N is the number of rows of all parts");
    all
}
