//! What a format is made of.

use smoker_runner::template::directive::Directive;

use crate::logging::format::field::Field;
use crate::logging::format::spec::Spec;

/// A piece of a format.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Field(Field, Manner),
}

/// How a field is written.
#[derive(Clone, Debug)]
pub(super) enum Manner {
    /// As `str()` does.
    Plain,
    /// `%(name)-8s`
    Percent(Directive),
    /// `{name:<8}`
    Brace(Spec),
}
