//! Man pages and shell completions, made from the definition of the command line.

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// What can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Artifact {
    /// A man page of section 1.
    Man,
    /// Completions for this shell.
    Completions(Shell),
}

impl Artifact {
    /// The names that `--generate` takes.
    pub(crate) const NAMES: [&'static str; 4] = ["man", "bash", "zsh", "fish"];

    /// Reads one of [`Self::NAMES`].
    #[must_use]
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "man" => Some(Self::Man),
            "bash" => Some(Self::Completions(Shell::Bash)),
            "zsh" => Some(Self::Completions(Shell::Zsh)),
            "fish" => Some(Self::Completions(Shell::Fish)),
            _ => None,
        }
    }
}

/// A section of a man page: its title, then terms with what they mean.
pub(crate) type Section<'a> = (&'a str, Vec<(String, &'a str)>);

/// The section of the exit codes.
#[must_use]
pub(crate) fn exit_status(codes: &[(u8, &'static str)]) -> Section<'static> {
    ("EXIT STATUS", codes.iter().map(|(code, meaning)| (code.to_string(), *meaning)).collect())
}

/// Makes it. A man page ends with the sections.
#[must_use]
pub(crate) fn artifact(mut command: Command, artifact: Artifact, sections: &[Section<'_>]) -> String {
    let mut out = Vec::new();
    match artifact {
        Artifact::Man => {
            // Writing to memory cannot fail.
            let _ = Man::new(command).render(&mut out);
            for (title, terms) in sections {
                out.extend_from_slice(format!(".SH \"{title}\"\n").as_bytes());
                for (term, meaning) in terms {
                    // A dash that is not escaped may become a hyphen, which nobody can search for.
                    let entry = format!("{term}\n{meaning}\n").replace('-', "\\-");
                    out.extend_from_slice(format!(".TP\n{entry}").as_bytes());
                }
            }
        }
        Artifact::Completions(shell) => {
            let name = command.get_name().to_owned();
            clap_complete::generate(shell, &mut command, name, &mut out);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
