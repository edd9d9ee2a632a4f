//! Codes of answers that are wanted: `200`, `2xx`, `200..299`, or a list of them.

use serde_json::Value as Json;

use crate::parameters::{texts_of, wrong};

/// Ranges of codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statuses {
    text: String,
    ranges: Vec<(u16, u16)>,
}

impl Statuses {
    /// Reads what the parameter gives; without it the codes of success.
    pub(super) fn of(name: &str, value: Option<&Json>, is_redirect_good: bool) -> Result<Self, String> {
        let Some(value) = value else {
            let (text, high) = if is_redirect_good { ("200 to 399", 399) } else { ("200 to 299", 299) };
            return Ok(Self { text: text.to_owned(), ranges: vec![(200, high)] });
        };
        let texts = texts_of(name, value)?;
        let ranges: Option<Vec<_>> = texts.iter().map(|text| range(text)).collect();
        let ranges = ranges.filter(|ranges| !ranges.is_empty());
        let ranges = ranges.ok_or_else(|| wrong(name, "codes such as 200, 2xx or 200..299", value))?;
        Ok(Self { text: texts.join(" or "), ranges })
    }

    /// What was wanted and found, for a code that is not wanted.
    pub(super) fn fault(&self, code: u16) -> Option<String> {
        let is_wanted = self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&code));
        (!is_wanted).then(|| format!("wanted the status {}, got {code}", self.text))
    }
}

fn range(text: &str) -> Option<(u16, u16)> {
    let text = text.trim();
    let code = |text: &str| text.trim().parse().ok().filter(|code| (100..=599).contains(code));
    if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
        let low = code(&format!("{class}00"))?;
        return Some((low, low + 99));
    }
    let (low, high) = text.split_once("..").or_else(|| text.split_once('-')).unwrap_or((text, text));
    let (low, high) = (code(low)?, code(high)?);
    (low <= high).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn codes_and_ranges_of_codes_are_wanted() {
        let is_wanted =
            |value: Json, code| Statuses::of("Status", Some(&value), false).expect("codes").fault(code).is_none();
        assert!(is_wanted(json!(200), 200) && !is_wanted(json!(200), 201) && is_wanted(json!("2xx"), 299));
        assert!(
            is_wanted(json!(["301", 404]), 404)
                && is_wanted(json!("200..204"), 204)
                && is_wanted(json!("400-499"), 418)
        );
        for wrong in [json!("ok"), json!(99), json!(600), json!("299..200"), json!([]), json!({})] {
            assert!(Statuses::of("Status", Some(&wrong), false).is_err(), "{wrong}");
        }
        let usual = Statuses::of("Status", None, false).expect("codes");
        assert_eq!(usual.fault(404).as_deref(), Some("wanted the status 200 to 299, got 404"));
    }
}
