//! The conditions of a run: what `Warn` and `Error` say of each number, and the defaults of numbers of which they say nothing.

use serde_json::Value as Json;
use smoker_model::status::Status;
use smoker_model::suggest;

use crate::components::worse;
use crate::measure::condition::Condition;
use crate::measure::coverage::are_covered;
use crate::measure::declaration::Measure;
use crate::parameters::{Parameters, scalar_text, wrong};

/// The parameters that hold conditions, with the status that each stands for; the gravest first.
const LEVELS: [(&str, Status); 2] = [("Error", Status::Error), ("Warn", Status::Warn)];

/// The conditions on the numbers of one check.
#[derive(Clone, Debug)]
pub(crate) struct Thresholds {
    measures: &'static [Measure],
    /// Name of the number, status, condition.
    conditions: Vec<(&'static str, Status, Condition)>,
    /// The numbers of which `Warn` or `Error` says something.
    given: Vec<&'static str>,
}

/// What a number means.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub(crate) status: Status,
    /// What is wanted instead; none while the number is good.
    pub(crate) wanted: Option<String>,
    /// The ranges of performance data.
    pub(crate) warn: Option<String>,
    pub(crate) crit: Option<String>,
}

impl Thresholds {
    /// Reads `Warn` and `Error`. A number that neither of them mentions has its defaults.
    pub(crate) fn of(parameters: Parameters<'_>, measures: &'static [Measure]) -> Result<Self, String> {
        let mut conditions = Vec::new();
        for (name, status) in LEVELS {
            if let Some(value) = parameters.get(name) {
                let read = read(name, value, measures)?;
                conditions.extend(read.into_iter().map(|(measure, condition)| (measure, status, condition)));
            }
        }
        let given: Vec<_> = conditions.iter().map(|(name, ..)| *name).collect();
        for measure in measures.iter().filter(|measure| !given.contains(&measure.name)) {
            for (text, status) in [(measure.error, Status::Error), (measure.warn, Status::Warn)] {
                let condition = text.and_then(|text| Condition::parse(text, measure.unit));
                conditions.extend(condition.map(|condition| (measure.name, status, condition)));
            }
        }
        Ok(Self { measures, conditions, given })
    }

    /// The declaration of a number; `None` for one that the check does not declare.
    pub(crate) fn measure(&self, name: &str) -> Option<&'static Measure> {
        self.measures.iter().find(|measure| measure.name == name)
    }

    /// Whether anything is said of this number.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.conditions.iter().any(|(its, ..)| *its == name)
    }

    /// Whether `Warn` or `Error` has a limit on this number: then it has to be known. The defaults count where it is.
    pub(crate) fn is_limited(&self, name: &str) -> bool {
        let has_limit = |(its, _, condition): &(&str, Status, Condition)| *its == name && !condition.is_never();
        self.given.contains(&name) && self.conditions.iter().any(has_limit)
    }

    /// Whether it would be graver if the number were larger than this one, of which not all is seen.
    pub(crate) fn may_be_worse_from(&self, name: &str, value: f64) -> bool {
        let status = self.judge(name, value).status;
        let is_graver = |graver: Status| graver != status && worse(graver, status) == graver;
        let mut own = self.conditions.iter().filter(|(its, graver, _)| *its == name && is_graver(*graver));
        own.any(|(.., condition)| condition.may_hold_from(value))
    }

    /// Judges a number.
    pub(crate) fn judge(&self, name: &str, value: f64) -> Judgement {
        let of = |wanted: Status| {
            self.conditions.iter().filter(move |(its, status, _)| *its == name && *status == wanted).map(|(.., it)| it)
        };
        let range = |status| {
            let mut all = of(status);
            all.next().filter(|_| all.next().is_none()).and_then(Condition::range)
        };
        let broken = LEVELS.iter().find_map(|(_, status)| Some((*status, of(*status).find(|it| it.holds(value))?)));
        Judgement {
            status: broken.map_or(Status::Ok, |(status, _)| status),
            wanted: broken.map(|(_, condition)| condition.wanted()),
            warn: range(Status::Warn),
            crit: range(Status::Error),
        }
    }
}

/// Reads the value of `Warn` or `Error`: a condition or a list of them, or a mapping from names of numbers to conditions.
pub(crate) fn read(
    parameter: &str,
    value: &Json,
    measures: &'static [Measure],
) -> Result<Vec<(&'static str, Condition)>, String> {
    let Json::Object(members) = value else {
        return each(value).map(|item| of_any(parameter, item, measures)).collect();
    };
    let mut found = Vec::new();
    for (name, value) in members {
        let path = format!("{parameter}.{name}");
        let names: Vec<_> = measures.iter().map(|measure| measure.name).collect();
        let Some(measure) = measures.iter().find(|measure| measure.name == name) else {
            let near = suggest::near(name, &names).map(|near| format!("; did you mean {near}?"));
            let near = near.unwrap_or_default();
            return Err(format!("{path} is none of the numbers of this check, which are {}{near}", names.join(", ")));
        };
        for item in each(value).filter(|item| !item.is_null()) {
            found.push((measure.name, of_one(&path, item, measure)?));
        }
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            return Err(wrong(&path, &format!("a condition such as {}, or never", measure.unit.example()), value));
        }
    }
    Ok(found)
}

/// The numbers for which `Warn` says something that never shows, since all that it holds for is an ERROR already; both as they were read.
pub(crate) fn without_effect(
    warn: &[(&'static str, Condition)],
    error: &[(&'static str, Condition)],
    measures: &'static [Measure],
) -> Vec<&'static str> {
    let of = |all: &'_ [(&'static str, Condition)], name: &str| -> Vec<Condition> {
        all.iter().filter(|(its, _)| *its == name).map(|(_, condition)| condition.clone()).collect()
    };
    let is_without_effect = |name: &&'static str| {
        let (warn, error) = (of(warn, name), of(error, name));
        are_covered(&warn.iter().collect::<Vec<_>>(), &error.iter().collect::<Vec<_>>())
    };
    measures.iter().map(|measure| measure.name).filter(is_without_effect).collect()
}

fn each(value: &Json) -> impl Iterator<Item = &Json> {
    let (list, single) = match value {
        Json::Array(items) => (items.as_slice(), None),
        single => (&[][..], Some(single)),
    };
    list.iter().chain(single)
}

/// A condition without a name is on the first number whose unit it has.
fn of_any(parameter: &str, value: &Json, measures: &'static [Measure]) -> Result<(&'static str, Condition), String> {
    let text = scalar_text(value);
    let fits =
        |text: &String| measures.iter().find_map(|measure| Some((measure, Condition::parse(text, measure.unit)?)));
    let (measure, condition) = text.as_ref().and_then(fits).ok_or_else(|| {
        let mut examples: Vec<_> = measures.iter().map(|measure| measure.unit.example()).collect();
        examples.dedup();
        wrong(parameter, &format!("a condition such as {}", examples.join(" or ")), value)
    })?;
    refuse_nonsense(parameter, &text.unwrap_or_default(), measure, &condition)?;
    Ok((measure.name, condition))
}

/// What never holds and does not say so would be good for ever. A number alone is bad above it: of what is good it would be the
/// other way round, and `Error: 7` would call a certificate bad that lasts for eight days, and good on its last one.
fn refuse_nonsense(path: &str, text: &str, measure: &Measure, condition: &Condition) -> Result<(), String> {
    if !condition.can_hold() {
        return Err(format!(
            "{path} {text} holds for no number that {} can be: write another limit, or never",
            measure.name
        ));
    }
    if !measure.is_better_high() || measure.unit.read(text).is_none() {
        return Ok(());
    }
    let name = measure.name;
    Err(format!("{path} {text} is bad above {text}, and of {name} it is too little that is bad: write \"< {text}\""))
}

fn of_one(path: &str, value: &Json, measure: &Measure) -> Result<Condition, String> {
    let text = scalar_text(value).unwrap_or_default();
    let condition = Condition::parse(&text, measure.unit)
        .ok_or_else(|| wrong(path, &format!("a condition such as {}", measure.unit.example()), value))?;
    refuse_nonsense(path, &text, measure, &condition)?;
    Ok(condition)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_request::plugin;
    use crate::unit::Unit;

    const MEASURES: &[Measure] = &[
        Measure { name: "Used", unit: Unit::Percent, meaning: "", warn: Some("> 85%"), error: Some("> 95%") },
        Measure { name: "Inodes", unit: Unit::Percent, meaning: "", warn: Some("> 85%"), error: None },
        Measure { name: "Free", unit: Unit::Bytes, meaning: "", warn: None, error: None },
    ];

    fn thresholds(parameters: Json) -> Result<Thresholds, String> {
        Thresholds::of(Parameters::of(&plugin("disk", parameters)), MEASURES)
    }

    fn status(parameters: Json, name: &str, value: f64) -> Status {
        thresholds(parameters).expect("thresholds").judge(name, value).status
    }

    #[test]
    fn a_number_has_its_defaults_until_one_of_both_is_set() {
        assert_eq!(status(json!({}), "Used", 96.0), Status::Error);
        assert_eq!(status(json!({}), "Used", 90.0), Status::Warn);
        assert_eq!(status(json!({}), "Used", 80.0), Status::Ok);
        assert_eq!(status(json!({"Warn": "> 97%"}), "Used", 96.0), Status::Ok);
        assert_eq!(status(json!({"Warn": "> 97%"}), "Inodes", 90.0), Status::Warn);
        assert_eq!(status(json!({"Error": "never"}), "Used", 100.0), Status::Ok);
    }

    #[test]
    fn a_condition_is_on_the_first_number_of_its_unit() {
        assert_eq!(status(json!({"Error": "< 5G"}), "Free", 1.0), Status::Error);
        assert_eq!(status(json!({"Error": 90}), "Used", 91.0), Status::Error);
        assert_eq!(status(json!({"Error": {"Inodes": "> 10%"}}), "Inodes", 11.0), Status::Error);
        let both = json!({"Error": ["> 90%", "< 5G"]});
        assert_eq!(status(both.clone(), "Used", 91.0), Status::Error);
        assert_eq!(status(both, "Free", 1.0), Status::Error);
    }

    #[test]
    fn only_a_limit_of_the_configuration_wants_its_number() {
        for (parameters, expected) in [
            (json!({}), false),
            (json!({"Error": "> 90%"}), true),
            (json!({"Warn": {"Used": "> 90%"}}), true),
            (json!({"Error": {"Used": "never"}}), false),
            (json!({"Error": {"Inodes": "> 90%"}}), false),
        ] {
            let found = thresholds(parameters.clone()).expect("thresholds").is_limited("Used");
            assert_eq!(found, expected, "{parameters}");
        }
    }

    #[test]
    fn a_number_alone_is_no_limit_of_what_is_good() {
        for (parameters, expected) in [
            (
                json!({"Error": "5G"}),
                "Error 5G is bad above 5G, and of Free it is too little that is bad: write \"< 5G\"",
            ),
            (json!({"Warn": {"Free": 100}}), "Warn.Free 100 is bad above 100, and of Free"),
        ] {
            let reason = thresholds(parameters).expect_err("upside down");
            assert!(reason.starts_with(expected), "{reason}");
        }
        let reason = thresholds(json!({"Error": 100})).expect_err("no percentage is above");
        assert!(reason.starts_with("Error 100 holds for no number that Used can be: write another limit"), "{reason}");
        assert_eq!(status(json!({"Error": {"Free": "5G:"}}), "Free", 1.0), Status::Error);
        assert_eq!(status(json!({"Error": 90}), "Used", 91.0), Status::Error);
    }

    #[test]
    fn a_message_has_what_is_wanted_and_performance_data_the_ranges() {
        let judgement = thresholds(json!({"Warn": "> 80%"})).expect("thresholds").judge("Used", 93.0);
        assert_eq!((judgement.status, judgement.wanted.as_deref()), (Status::Warn, Some("at most 80%")));
        assert_eq!((judgement.warn.as_deref(), judgement.crit), (Some("~:80"), None));
    }

    #[test]
    fn what_is_no_condition_names_its_parameter() {
        for (parameters, expected) in [
            (json!({"Warn": "high"}), "Warn has to be a condition such as > 90% or < 5G, not 'high'"),
            (json!({"Warn": true}), "Warn has to be a condition such as > 90% or < 5G, not True"),
            (json!({"Error": {"Used": "< 5G"}}), "Error.Used has to be a condition such as > 90%, not '< 5G'"),
            (json!({"Error": {"Used": null}}), "Error.Used has to be a condition such as > 90%, or never, not None"),
            (json!({"Error": {"used": "> 5%"}}), "did you mean Used?"),
        ] {
            let reason = thresholds(parameters).expect_err("no condition");
            assert!(reason.contains(expected), "{reason}");
        }
    }
}
