//! What `!env` and `!file` give, or why they give nothing. The reasons say nothing of what was read.

use std::io::Read;
use std::path::Path;

use smoker_model::value::secret::{Secret, SecretSource};
use smoker_paths::regular;

use crate::environment::Environment;
use crate::limits::MAX_SECRET_SIZE;
use crate::sources::FileStatus;

/// The value of a variable.
pub(crate) fn of_variable(name: &str, environment: Environment) -> Result<Secret, String> {
    let value = environment(name).ok_or_else(|| {
        format!(
            "smokerd is not started with a variable {name}; set it where smokerd is started (`Environment=` or \
             `EnvironmentFile=` of its unit)"
        )
    })?;
    let text = value.into_string().map_err(|_| format!("the value of {name} is not UTF-8; set it to a text"))?;
    Ok(Secret::new(&text, SecretSource::Environment(name.to_owned())))
}

/// The text of a file without one line break at its end, and the file as it was opened.
pub(crate) fn of_file(path: &Path) -> Result<(Secret, FileStatus), String> {
    let shown = path.display();
    let failed =
        |error: std::io::Error| format!("{shown} cannot be read: {error}; put a file there that smokerd can read");
    let mut bytes = Vec::new();
    let file = regular::open(path).map_err(failed)?;
    let status = FileStatus::from(&file.metadata().map_err(failed)?);
    file.take(MAX_SECRET_SIZE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_SECRET_SIZE {
        let limit = MAX_SECRET_SIZE / 1024;
        return Err(format!("{shown} is larger than {limit} KiB; name a file that holds the value and nothing else"));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{shown} is not UTF-8; save it as a text"))?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    // In a generated file a relative path would begin elsewhere.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok((Secret::new(text, SecretSource::File(path)), status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_the_value() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        for (text, expected) in
            [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), ("a\n\n", "a\n"), (" a\nb ", " a\nb "), ("", "")]
        {
            std::fs::write(file.path(), text).expect("writable");
            assert_eq!(of_file(file.path()).expect("a secret").0.expose(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_text_of_reasonable_size_is_refused_and_not_shown() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let refusal = |bytes: &[u8]| {
            std::fs::write(file.path(), bytes).expect("writable");
            of_file(file.path()).expect_err("refused")
        };
        let size = usize::try_from(MAX_SECRET_SIZE).expect("it fits");
        assert!(refusal(b"sesame\xff").ends_with("is not UTF-8; save it as a text"));
        assert!(refusal(&vec![b'x'; size + 1]).contains("is larger than 64 KiB"));
        std::fs::write(file.path(), vec![b'x'; size]).expect("writable");
        assert_eq!(of_file(file.path()).expect("a secret").0.expose().len(), size);
        assert!(of_file(Path::new("/dev/zero")).expect_err("a device").contains("a device"));
        assert!(of_file(Path::new("/")).expect_err("a folder").contains("directory"));
    }
}
