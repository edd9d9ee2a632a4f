//! Shortened names of long options.
//!
//! The original accepted every unique prefix of its options. Scripts rely on
//! that, so a prefix that was unique then keeps its meaning although options
//! have been added (`--host` is `--hosts`, `--co` is `--component`).

use std::ffi::OsString;

use clap::Arg;

use crate::error::ExitError;

/// Writes out the shortened long options of a command line. `names` are all
/// long options, `original` those whose prefixes take precedence; both without dashes.
///
/// # Errors
///
/// When a prefix is ambiguous.
pub(crate) fn expand(
    arguments: impl Iterator<Item = OsString>,
    original: &[&str],
    names: &[String],
) -> Result<Vec<OsString>, ExitError> {
    let mut done = Vec::new();
    let mut only_values = false;
    for argument in arguments {
        only_values |= argument == "--";
        match argument.to_str().and_then(|text| text.strip_prefix("--")) {
            Some(option) if !only_values && !option.is_empty() => {
                done.push(expand_one(option, original, names)?.into());
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

fn expand_one(option: &str, original: &[&str], names: &[String]) -> Result<String, ExitError> {
    let (name, value) = match option.split_once('=') {
        Some((name, _)) => (name, &option[name.len()..]),
        None => (option, ""),
    };
    let exact = names.iter().any(|known| known == name);
    let mut fitting: Vec<&str> = original.iter().copied().filter(|known| known.starts_with(name)).collect();
    if fitting.is_empty() {
        fitting = names.iter().map(String::as_str).filter(|known| known.starts_with(name)).collect();
    }
    match *fitting {
        _ if exact => Ok(format!("--{option}")),
        [] => Ok(format!("--{option}")),
        [only] => Ok(format!("--{only}{value}")),
        ["warn", "warning"] => Ok(format!("--warn{value}")),
        _ => {
            let fitting: Vec<_> = fitting.iter().map(|known| format!("--{known}")).collect();
            Err(ExitError::usage(format!("ambiguous option --{name} could be {}", fitting.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINAL: [&str; 5] = ["hosts", "health", "component", "warn", "warning"];

    fn expand_text(argument: &str) -> Result<String, String> {
        let names = ["hosts", "health", "component", "warn", "warning", "hosts-file", "color", "connect-timeout"];
        let names: Vec<_> = names.map(str::to_owned).into();
        expand([argument.into()].into_iter(), &ORIGINAL, &names)
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
