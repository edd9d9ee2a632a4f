//! `Check: value`: a value of the configuration itself, as one from `!file` or `!env`, or one that the client gives.

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::matchers::matcher::{Matcher, PlainText};
use crate::matchers::quote::quote;
use crate::parameters::Parameters;
use crate::plain_text::plain_text;
use crate::report::{Component, Report};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Value",
        accepts: ParameterType::Any,
        absence: Absence::Fails,
        meaning: "the value: a text, a number, a list or a mapping",
    },
    ParameterSpec {
        name: "Matches",
        accepts: ParameterType::Custom {
            form: "[matcher](#matchers)",
            read: |name, value| Matcher::of(name, value, PlainText::Exact).map(drop),
        },
        absence: Absence::Fails,
        meaning: "what it should be",
    },
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Release:
  Check: value
  Value: 1.4.2
  Matches: {Semver: \">=1.4, <2\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "value",
        "compares a value of the configuration, such as one from `!file`, with what it should be",
        "the component `value`",
        PARAMETERS,
    )
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let value = parameters.get("Value").ok_or("Value is missing: set it")?;
    let matcher = parameters.get("Matches").ok_or("Matches is missing: set it to a matcher")?;
    let matcher = Matcher::of("Matches", matcher, PlainText::Exact)?;
    let mut component = Component::single("value");
    match matcher.fault_of(value) {
        Some(fault) => component.error(&fault),
        None => component.fact(quote(&plain_text(value))),
    }
    Report::from(component).findings()
}
