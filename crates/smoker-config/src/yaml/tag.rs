//! What an explicit tag (`!!int`, `!include`, `!env`) asks for.

use smoker_model::suggest;

use saphyr_parser::Tag as RawTag;

const STANDARD: &str = "tag:yaml.org,2002:";

/// The tags that a configuration may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// None, or the single `!`, which PyYAML treats alike on plain text.
    Absent,
    /// A lone `!`: resolved by its text, even if that is quoted.
    Bare,
    /// One of YAML's own, by the name behind `!!`.
    Standard(String),
    /// `!include`
    Include,
    /// `!include_dir`
    IncludeDir,
    /// `!env`
    Environment,
    /// `!file`
    File,
    /// Anything else, as it was written.
    Unknown(String),
}

impl Tag {
    /// Reads the tag of a parser event.
    pub(crate) fn of(raw: Option<&RawTag>) -> Self {
        let Some(raw) = raw else { return Self::Absent };
        let full = format!("{}{}", raw.handle, raw.suffix);
        if full == "!" {
            return Self::Bare;
        }
        if let Some(name) = full.strip_prefix(STANDARD) {
            return Self::Standard(name.to_owned());
        }
        match full.as_str() {
            "!include" => Self::Include,
            "!include_dir" => Self::IncludeDir,
            "!env" => Self::Environment,
            "!file" => Self::File,
            _ => Self::Unknown(full),
        }
    }

    /// What to say about a tag that does not fit.
    pub(crate) fn refusal(&self) -> String {
        match self {
            Self::Include => "!include wants the path of a file behind it, as one text".to_owned(),
            Self::IncludeDir => "!include_dir wants the path of a folder behind it, as one text".to_owned(),
            Self::Environment => {
                "!env wants the name of a variable of the environment behind it, as one text".to_owned()
            }
            Self::File => "!file wants the path of a file behind it, as one text".to_owned(),
            Self::Standard(name) => format!("the tag !!{name} does not fit here or is not known; remove it"),
            Self::Unknown(tag) => {
                let near = suggest::near(tag, &["!include", "!include_dir", "!env", "!file"]);
                let hint = near.map_or("remove it".to_owned(), |near| format!("did you mean {near}?"));
                format!("the tag {tag} is not known; {hint} (a text that starts with ! has to be quoted)")
            }
            Self::Absent | Self::Bare => "the tag ! does not fit here; remove it".to_owned(),
        }
    }
}
