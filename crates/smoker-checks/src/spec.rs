//! What a built-in declares about itself: its name, its parameters, its result.

use std::fmt;

use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleKind;

use crate::measure::declaration::Measure;

/// The declaration of a built-in. `docs/modules.md` shows it, word for word; `--check` verifies parameters against it.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The dotted name, or the short name of a parser.
    pub name: &'static str,
    /// The role in which it can be run.
    pub kind: ModuleKind,
    /// What it does, in one sentence without a full stop.
    pub meaning: &'static str,
    /// What its result consists of.
    pub output: &'static str,
    /// The parameters that it reads, in the order of the documentation.
    pub parameters: &'static [ParameterSpec],
    /// Whether it touches the host or the network: then it must run in a child.
    pub needs_child: bool,
    /// Whether what it starts goes on when it has ended, as with `LeaveRunning`.
    pub leaves_running: bool,
    /// Whether the original shipped it under this name: then only a module in a folder of the user's own takes its place,
    /// and not an installed one.
    pub is_original: bool,
}

/// The declaration of one parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParameterSpec {
    /// The name, as the configuration writes it.
    pub name: &'static str,
    /// Which values are accepted.
    pub accepts: ParameterType,
    /// What happens without it. Null counts as absent.
    pub absence: Absence,
    /// What it decides.
    pub meaning: &'static str,
}

/// Of the parsers that read a report: a good one contradicts the exit status of a command that failed.
pub(crate) const IGNORE_EXIT: ParameterSpec = ParameterSpec {
    name: "IgnoreExit",
    accepts: ParameterType::Boolean,
    absence: Absence::Default("false"),
    meaning: "true when the report alone decides; otherwise a good report of a command that failed is an ERROR",
};

impl Spec {
    /// The declaration of a check of `Check:`.
    pub(crate) const fn check(
        name: &'static str,
        meaning: &'static str,
        output: &'static str,
        parameters: &'static [ParameterSpec],
    ) -> Self {
        Self {
            name,
            kind: ModuleKind::Check,
            meaning,
            output,
            parameters,
            needs_child: true,
            leaves_running: false,
            is_original: false,
        }
    }

    /// The declaration of a parser: pure, so it runs in the daemon.
    pub(crate) const fn parser(
        name: &'static str,
        meaning: &'static str,
        output: &'static str,
        parameters: &'static [ParameterSpec],
    ) -> Self {
        Self {
            name,
            kind: ModuleKind::Parser,
            meaning,
            output,
            parameters,
            needs_child: false,
            leaves_running: false,
            is_original: false,
        }
    }

    /// Whether it reads the parameters of the plugin that it follows, below its own. An action of ours does not: `Headers` or
    /// `Verify` of a plugin are about what that looks at.
    #[must_use]
    pub fn reads_plugin(&self) -> bool {
        self.kind != ModuleKind::Action || self.is_original
    }

    /// The numbers on which its `Warn` and `Error` may set conditions.
    #[must_use]
    pub fn measures(&self) -> &'static [Measure] {
        let of = |parameter: &ParameterSpec| match parameter.accepts {
            ParameterType::Thresholds(measures) => Some(measures),
            _ => None,
        };
        self.parameters.iter().find_map(of).unwrap_or_default()
    }
}

impl ParameterSpec {
    /// A parameter that may be absent; `otherwise` says what counts then.
    pub(crate) const fn optional(
        name: &'static str,
        accepts: ParameterType,
        otherwise: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, accepts, absence: Absence::Default(otherwise), meaning }
    }

    /// One of several names for what is looked at, of which one has to be there.
    pub(crate) const fn target(name: &'static str, meaning: &'static str) -> Self {
        Self { name, accepts: ParameterType::Targets, absence: Absence::FailsWithoutOther, meaning }
    }

    /// `Warn` on these numbers.
    pub(crate) const fn warn(measures: &'static [Measure]) -> Self {
        let otherwise = "the defaults below";
        Self::optional("Warn", ParameterType::Thresholds(measures), otherwise, "when a number is a WARN")
    }

    /// `Error` on these numbers.
    pub(crate) const fn error(measures: &'static [Measure]) -> Self {
        let otherwise = "the defaults below";
        Self::optional("Error", ParameterType::Thresholds(measures), otherwise, "when a number is an ERROR")
    }
}

/// What it means that a parameter is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Each run fails.
    Fails,
    /// Each run fails, unless another of the parameters marked so is set.
    FailsWithoutOther,
    /// This value is taken; or, in words, what is done.
    Default(&'static str),
}

/// Which values a parameter accepts.
#[derive(Clone, Copy, Debug)]
pub enum ParameterType {
    /// A text. Numbers count as texts: YAML reads `8080` as a number.
    Text,
    /// A text that is never shown in a message.
    Secret,
    /// The path of a file.
    Path,
    /// A text, or a list of texts.
    TextList,
    /// What is looked at: a text, or a list of at least one.
    Targets,
    /// A condition on one of these numbers, a list of them, or a mapping from numbers to conditions.
    Thresholds(&'static [Measure]),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// One of these texts, or a list of them.
    ChoiceList(&'static [&'static str]),
    /// A whole number from 0 up.
    Count,
    /// True or false; text such as `"true"` is not accepted.
    Boolean,
    /// A TCP port, as number or text.
    Port,
    /// A regular expression that matches from the beginning of a text.
    PrefixPattern,
    /// A regular expression, or a list of them.
    PatternList,
    /// Any value.
    Any,
    /// A form that this built-in alone has.
    Custom {
        /// The form as the documentation names it.
        form: &'static str,
        /// Reads the value of the parameter that is named; the error is the reason why it is not accepted.
        read: fn(&str, &Json) -> Result<(), String>,
    },
}

impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text | Self::Secret => "text",
            Self::Path => "path",
            Self::TextList | Self::Targets => "text or list of text",
            Self::Thresholds(_) => "condition",
            Self::Choice(choices) => return f.write_str(&choices.join(" or ")),
            Self::ChoiceList(choices) => return write!(f, "list of {}", choices.join(", ")),
            Self::Count => "whole number",
            Self::Boolean => "boolean",
            Self::Port => "port",
            Self::PrefixPattern => "pattern",
            Self::PatternList => "pattern or list of patterns",
            Self::Any => "any value",
            Self::Custom { form, .. } => form,
        })
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fails => "required",
            Self::FailsWithoutOther => "one of these is required",
            Self::Default(value) => value,
        })
    }
}
