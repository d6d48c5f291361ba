//! Rows in columns, aligned with spaces alone.

/// Which side of its column a text stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// The lines of a table: the headings, a rule, the rows. Each column is as wide as its widest text.
pub fn lines<const N: usize>(columns: [(&str, Side); N], rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| {
        let texts = rows.iter().map(|row| row[column].chars().count());
        texts.chain([columns[column].0.chars().count()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cell: &dyn Fn(usize) -> String| {
        let cells = (0..N).map(|column| {
            let (text, width) = (cell(column), widths[column]);
            if columns[column].1 == Side::Right { format!("{text:>width$}") } else { format!("{text:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let headings = line(&|column| columns[column].0.to_owned());
    let rule = line(&|column| "-".repeat(widths[column]));
    let rows = rows.iter().map(|row| line(&|column| row[column].clone()));
    [headings, rule].into_iter().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::{Side, lines};

    #[test]
    fn columns_are_as_wide_as_their_widest_text() {
        let rows = [["Ænne".to_owned(), "5.00".to_owned()], ["B".to_owned(), "120.00".to_owned()]];
        let expected = ["who   amount", "----  ------", "Ænne    5.00", "B     120.00"];
        assert_eq!(lines([("who", Side::Left), ("amount", Side::Right)], &rows), expected);
    }
}
