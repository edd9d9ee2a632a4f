//! One configuration file as text.

use std::cell::OnceCell;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use smoker_paths::regular;

use crate::keys::{OF_ACTIONS, OF_PLUGINS, TOP_LEVEL};
use crate::limits::MAX_FILE_SIZE;
use crate::sources::FileStatus;

/// A file's name and text, with `\n` as the only line end and no byte order mark.
#[derive(Debug)]
pub(crate) struct SourceText {
    pub(crate) path: Rc<Path>,
    pub(crate) text: String,
    /// The file as it was opened; none of a text that is not read here.
    pub(crate) status: Option<FileStatus>,
    /// Whether a program in Go reads the file, to which some words mean something else.
    pub(crate) is_of_go: bool,
    /// Where each line begins, found when the first one is asked for.
    starts: OnceCell<Vec<usize>>,
}

impl SourceText {
    /// The text of a file that is not read here.
    pub(crate) fn of_text(path: &Path, text: String) -> Self {
        Self { path: path.into(), text, status: None, is_of_go: false, starts: OnceCell::new() }
    }

    /// Reads a file. The error is the reason without the file's name.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let file = regular::open(path).map_err(|error| unreadable(path, &error))?;
        let status = file.metadata().map_err(|error| error.to_string())?;
        file.take(MAX_FILE_SIZE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 > MAX_FILE_SIZE {
            let limit = MAX_FILE_SIZE / (1024 * 1024);
            return Err(format!("the file is larger than {limit} MiB; is it a configuration? Split it with !include"));
        }
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(&error))?;
        Ok(Self { status: Some(FileStatus::from(&status)), ..Self::of(path, &text)? })
    }

    /// Takes a text as that of a file.
    pub(crate) fn of(path: &Path, text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() };
        check_printable(&text)?;
        Ok(Self::of_text(path, text))
    }

    /// The same as a program in Go reads it.
    pub(crate) fn of_go(self) -> Self {
        Self { is_of_go: true, ..self }
    }

    /// The number of the last line, from 1.
    pub(crate) fn last_line(&self) -> usize {
        self.text.matches('\n').count() + usize::from(!self.text.ends_with('\n'))
    }

    /// Whether the text has a key of a configuration. Messages show nothing of one that has none.
    pub(crate) fn is_configuration(&self) -> bool {
        let has_key = |line: &str| {
            let line = line.trim_start().trim_start_matches("- ").trim_start_matches(['"', '\'', '{']);
            let (name, _) = line.split_once(':').unwrap_or_default();
            let name = name.trim_end().trim_end_matches(['"', '\'']);
            [TOP_LEVEL, OF_PLUGINS, OF_ACTIONS].iter().any(|keys| keys.contains(&name)) || name == "BasePlugin"
        };
        self.text.lines().any(has_key)
    }

    /// A line by its number from 1; empty beyond the end.
    pub(crate) fn line(&self, number: usize) -> &str {
        let ends = || self.text.match_indices('\n').map(|(end, _)| end + 1);
        let starts = self.starts.get_or_init(|| std::iter::once(0).chain(ends()).collect());
        let start = starts.get(number.saturating_sub(1)).copied().unwrap_or(self.text.len());
        self.text[start..].lines().next().unwrap_or_default()
    }
}

/// Why a file cannot be opened. Of a link that leads nowhere the system says only that something is not there.
fn unreadable(path: &Path, error: &io::Error) -> String {
    match fs::read_link(path).ok().filter(|_| error.kind() == io::ErrorKind::NotFound) {
        Some(target) => {
            let target = target.display();
            format!("{error}: it is a link to {target}, which is not there; correct the link, or remove it")
        }
        None => error.to_string(),
    }
}

fn not_utf8(error: &std::string::FromUtf8Error) -> String {
    let start = error.utf8_error().valid_up_to();
    let before = &error.as_bytes()[..start];
    let byte = error.as_bytes().get(start).copied().unwrap_or_default();
    let (line, column) = position_behind(&String::from_utf8_lossy(before));
    format!("line {line}, column {column}: the byte 0x{byte:02x} is not UTF-8; save the file as UTF-8")
}

/// Refuses the characters that PyYAML refuses. The parser would take a NUL for
/// the end of the file and silently drop the rest.
fn check_printable(text: &str) -> Result<(), String> {
    let refused = |c: char| {
        !matches!(c,
            '\t' | '\n' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    };
    let Some(start) = text.find(refused) else { return Ok(()) };
    let (line, column) = position_behind(&text[..start]);
    let code = text[start..].chars().next().map_or(0, u32::from);
    Err(format!(
        "line {line}, column {column}: the control character U+{code:04X} is not allowed in YAML; \
         remove it, or write it as \"\\x{code:02x}\" in double quotes"
    ))
}

/// Line and column, from 1, of what follows a text.
fn position_behind(text: &str) -> (usize, usize) {
    let last = text.rsplit('\n').next().unwrap_or_default();
    (text.matches('\n').count() + 1, last.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), bytes).expect("writable");
        SourceText::read(file.path()).map(|source| source.text)
    }

    #[test]
    fn line_ends_and_byte_order_mark_do_not_show() {
        assert_eq!(read(b"\xef\xbb\xbfa: 1\r\nb: 2\rc: 3\n").as_deref(), Ok("a: 1\nb: 2\nc: 3\n"));
    }

    #[test]
    fn what_is_not_text_is_refused_with_its_place() {
        assert!(read(b"a: 1\nb: \xe9").expect_err("latin 1").starts_with("line 2, column 4: the byte 0xe9"));
        assert!(read(b"a: 1\0\nb: 2").expect_err("NUL").starts_with("line 1, column 5: the control character U+0000"));
    }
}
