//! Finds what tests hold against the programs in a page of the documentation: fenced blocks and tables.

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The word behind the opening fence: `yaml`, `json`...; empty when there is none.
    pub language: String,
    /// What stands last in backticks in the paragraph right above the block,
    /// when that ends in a colon.
    pub name: Option<String>,
    /// The lines between the fences.
    pub text: String,
    /// The number of the line with the opening fence, from 1 on.
    pub line: usize,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The headings above it, the page's title first.
    pub headings: Vec<String>,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// The cells of each row, as they are written.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Whether it stands under this heading, or under one below that.
    #[must_use]
    pub fn is_under(&self, heading: &str) -> bool {
        self.headings.iter().any(|own| own == heading)
    }

    /// The cells of a row by the names of their columns; `None` without such a column.
    #[must_use]
    pub fn cell<'a>(&self, row: &'a [String], column: &str) -> Option<&'a str> {
        let at = self.columns.iter().position(|name| name == column)?;
        row.get(at).map(String::as_str)
    }
}

/// All tables of a page, in their order.
#[must_use]
pub fn tables(page: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut headings = Vec::new();
    let (mut inside_block, mut inside_table) = (false, false);
    for line in page.lines() {
        inside_block ^= line.starts_with("```");
        let row = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')).filter(|_| !inside_block);
        let Some(row) = row else {
            inside_table = false;
            let depth = line.bytes().take_while(|byte| *byte == b'#').count();
            if depth > 0 && !inside_block {
                headings.truncate(depth - 1);
                headings.push(line[depth..].trim().to_owned());
            }
            continue;
        };
        let cells: Vec<_> = row.split('|').map(|cell| cell.trim().to_owned()).collect();
        match tables.last_mut().filter(|_| inside_table) {
            None => tables.push(Table { headings: headings.clone(), columns: cells, rows: Vec::new() }),
            Some(_)
                if cells.iter().all(|cell| cell.trim_matches(['-', ':']).is_empty()) && !cells.concat().is_empty() => {}
            Some(table) => table.rows.push(cells),
        }
        inside_table = true;
    }
    tables
}

/// What stands in backticks.
#[must_use]
pub fn code_spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// All fenced blocks of a page, in their order.
#[must_use]
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut above = "";
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text = inside.fold(String::new(), |text, line| text + line + "\n");
            blocks.push(Block { language: language.to_owned(), name: name_in(above), text, line: number + 1 });
            above = "";
        } else if !line.is_empty() {
            above = line;
        }
    }
    blocks
}

fn name_in(line: &str) -> Option<String> {
    let mut parts = line.strip_suffix(':')?.rsplit('`');
    let (_behind, name) = (parts.next()?, parts.next()?);
    parts.next().map(|_| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_the_name_above_it() {
        let page = "Any `word`. The file `a/b.py`:\n\n```python\nx = 1\n\ny = 2\n```\n\n`Web` gives:\n```json\n{}\n```\n\
                    ```\nnothing above\n```\n`loose`\n```sh\n```\nLast:\n```sh\n```\n";
        let block = |language: &str, name: Option<&str>, text: &str, line| Block {
            language: language.to_owned(),
            name: name.map(str::to_owned),
            text: text.to_owned(),
            line,
        };
        let expected = [
            block("python", Some("a/b.py"), "x = 1\n\ny = 2\n", 3),
            block("json", Some("Web"), "{}\n", 10),
            block("", None, "nothing above\n", 13),
            block("sh", None, "", 17),
            block("sh", None, "", 20),
        ];
        assert_eq!(blocks(page), expected);
    }

    #[test]
    fn a_table_knows_its_headings_and_columns() {
        let page = "# Page\n\n## One\n| a | b |\n|---|---|\n| `x`, `y` | |\n| - | 2 |\n\n### Deep\n```\n# no\n| no |\n```\n\
                    | c |\n|:-:|\n| 3 |\n## Two\n| d |\n|---|\n";
        let tables = tables(page);
        let headings: Vec<_> = tables.iter().map(|table| table.headings.join("/")).collect();
        assert_eq!(headings, ["Page/One", "Page/One/Deep", "Page/Two"]);
        assert_eq!(tables[0].rows, [["`x`, `y`", ""], ["-", "2"]]);
        assert_eq!(tables[0].cell(&tables[0].rows[1], "b"), Some("2"));
        assert!(tables[1].is_under("One") && !tables[2].is_under("One"));
        assert_eq!(code_spans("`x`, `y z` and"), ["x", "y z"]);
    }
}
