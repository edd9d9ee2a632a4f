//! Shortened names of long options.
//!
//! The original accepted every unique prefix of its options. Scripts rely on
//! that, so a prefix that was unique then keeps its meaning although options
//! have been added (`--host` is `--hosts`, `--co` is `--component`).

use std::ffi::OsString;

use clap::Arg;

use crate::error::ExitError;

/// Writes out the shortened long options of a command line. `ranks` are all long
/// options without dashes; a prefix of one in an earlier rank means that one.
///
/// # Errors
///
/// When a prefix is ambiguous.
pub(crate) fn expand(
    arguments: impl Iterator<Item = OsString>,
    ranks: &[Vec<String>],
) -> Result<Vec<OsString>, ExitError> {
    let mut done = Vec::new();
    let mut only_values = false;
    for argument in arguments {
        only_values |= argument == "--";
        match argument.to_str().and_then(|text| text.strip_prefix("--")) {
            Some(option) if !only_values && !option.is_empty() => {
                done.push(expand_one(option, ranks)?.into());
            }
            _ => done.push(argument),
        }
    }
    Ok(done)
}

/// The long names of an option, without dashes.
pub(super) fn long_names(arg: &Arg) -> Vec<String> {
    arg.get_long_and_visible_aliases().unwrap_or_default().into_iter().map(str::to_owned).collect()
}

fn expand_one(option: &str, ranks: &[Vec<String>]) -> Result<String, ExitError> {
    let (name, value) = match option.split_once('=') {
        Some((name, _)) => (name, &option[name.len()..]),
        None => (option, ""),
    };
    for names in ranks {
        let fitting: Vec<&str> = names.iter().map(String::as_str).filter(|known| known.starts_with(name)).collect();
        match *fitting {
            _ if fitting.contains(&name) => break,
            [] => {}
            [only] => return Ok(format!("--{only}{value}")),
            ["warn", "warning"] => return Ok(format!("--warn{value}")),
            _ => {
                let fitting: Vec<_> = fitting.iter().map(|known| format!("--{known}")).collect();
                return Err(ExitError::usage(format!("ambiguous option --{name} could be {}", fitting.join(", "))));
            }
        }
    }
    Ok(format!("--{option}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand_text(argument: &str) -> Result<String, String> {
        let original = ["hosts", "health", "component", "warn", "warning"].map(str::to_owned).into();
        let new = ["hosts-file", "color", "connect-timeout"].map(str::to_owned).into();
        expand([argument.into()].into_iter(), &[original, new])
            .map(|done| done[0].to_string_lossy().into_owned())
            .map_err(|failure| failure.message)
    }

    #[test]
    fn what_was_unique_keeps_its_meaning() {
        for (short, long) in [
            ("--host", "--hosts"),
            ("--co=x", "--component=x"),
            ("--con", "--connect-timeout"),
            ("--col", "--color"),
            ("--hosts-f=a=b", "--hosts-file=a=b"),
            ("--wa", "--warn"),
            ("--warning", "--warning"),
            ("--bogus", "--bogus"),
            ("-co", "-co"),
            ("word", "word"),
        ] {
            assert_eq!(expand_text(short).as_deref(), Ok(long));
        }
        assert_eq!(expand_text("--h").expect_err("ambiguous"), "ambiguous option --h could be --hosts, --health");
    }
}
