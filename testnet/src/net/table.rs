//! Tables of text, in a terminal of 80 columns.

/// What stands between columns.
const GAP: &str = "  ";

/// On which side a column begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Lines of cells below their headings. Each column is as wide as its widest
/// cell; nothing is cut.
pub(crate) fn table<const N: usize>(headings: [(&str, Side); N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        let heading = headings[column].0.chars().count();
        cells.chain([heading]).max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(headings).zip(widths);
        let padded = padded.map(|((cell, (_, side)), width)| match side {
            Side::Left => format!("{cell:<width$}"),
            Side::Right => format!("{cell:>width$}"),
        });
        let line = padded.collect::<Vec<_>>().join(GAP);
        format!("{}\n", line.trim_end())
    };
    let mut text = line(headings.map(|(heading, _)| heading));
    for row in rows {
        text.push_str(&line(std::array::from_fn(|column| row[column].as_str())));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [
            ["a".to_owned(), "10".to_owned(), "…".to_owned()],
            ["longer".to_owned(), "7".to_owned(), String::new()],
        ];
        let headings = [
            ("name", Side::Left),
            ("n", Side::Right),
            ("rest", Side::Left),
        ];
        assert_eq!(
            table(headings, &rows),
            "name     n  rest\na       10  …\nlonger   7\n"
        );
    }
}
