//! Finds the examples in a page of the documentation: its fenced blocks.

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
}
