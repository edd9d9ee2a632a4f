//! What a format is made of.

use smoker_model::python_format::directive::Directive;

use crate::format::field::Field;
use crate::format::spec::Spec;

/// A piece of a format.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(String),
    Field(Field, Manner),
}

/// How a field is written.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// As `str()` does.
    Plain,
    /// `%(name)-8s`
    Percent(Directive),
    /// `{name:<8}`
    Brace(Spec),
}
