//! What a check of a control file looks at.

use smoker_model::value::Value;

use crate::import::monit::statements::Statement;

/// What a check looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The process whose number is in a file.
    Pidfile(String),
    /// Processes whose command lines match.
    Matching(String),
    File(String, &'static str),
    Filesystem(String),
    Host(String),
    System,
    Program(String),
    Interface(String),
}

impl Subject {
    /// What the head of a check names.
    pub(super) fn of(head: &Statement) -> Result<Self, &'static str> {
        let behind = |keywords: &[&str]| {
            let found = head.behind(keywords).filter(|text| !text.is_empty());
            found.map(str::to_owned).ok_or("it does not say what it looks at")
        };
        match head.word(1) {
            "process" => match behind(&["pidfile"]) {
                Ok(file) => Ok(Self::Pidfile(file)),
                Err(_) => Ok(Self::Matching(behind(&["matching", "match"])?)),
            },
            "file" => Ok(Self::File(behind(&["path"])?, "file")),
            "directory" => Ok(Self::File(behind(&["path"])?, "folder")),
            "fifo" => Ok(Self::File(behind(&["path"])?, "pipe")),
            "filesystem" | "device" => {
                let path = behind(&["path"])?;
                if path.starts_with("/dev/") {
                    Err("write where the device is mounted")
                } else {
                    Ok(Self::Filesystem(path))
                }
            }
            "host" => Ok(Self::Host(behind(&["address"])?)),
            "system" => Ok(Self::System),
            "program" => Ok(Self::Program(behind(&["path"])?)),
            "network" => Ok(Self::Interface(behind(&["interface"])?)),
            _ => Err("Smoker has no such check"),
        }
    }

    /// The built-in check that looks at it, where there is one for itself.
    pub(super) fn parameters(&self) -> Vec<(String, Value)> {
        let parameters: Vec<(&str, String)> = match self {
            Self::Matching(pattern) => {
                vec![
                    ("Check", "process".to_owned()),
                    ("Process", "*".to_owned()),
                    ("Arguments", format!("/{pattern}/")),
                ]
            }
            Self::File(path, kind) => {
                vec![("Check", "file".to_owned()), ("File", path.clone()), ("Kind", (*kind).to_owned())]
            }
            Self::Interface(name) => vec![("Check", "interface".to_owned()), ("Interface", name.clone())],
            _ => Vec::new(),
        };
        parameters.into_iter().map(|(name, value)| (name.to_owned(), Value::Text(value))).collect()
    }
}

/// A text as a value.
pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// The seconds of `timeout 30 seconds`.
pub(super) fn timeout_of(statement: &Statement) -> Option<i128> {
    let number: i128 = statement.behind(&["timeout"])?.parse().ok().filter(|number| *number > 0)?;
    let at = statement.find("timeout")?;
    let is_minutes = (at + 2..at + 4).any(|at| statement.word(at).starts_with("minute"));
    Some(if is_minutes { number.saturating_mul(60) } else { number })
}
