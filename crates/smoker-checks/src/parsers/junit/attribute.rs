//! Reads an attribute of an element.

use quick_xml::events::BytesStart;

/// Why a report cannot be read.
pub(super) fn no_xml(error: &dyn std::fmt::Display) -> String {
    format!("the report is no XML: {error}")
}

/// Its value, if it is there.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let found = tag.try_get_attribute(name).map_err(|error| no_xml(&error))?;
    found
        .map(|value| value.unescape_value().map(std::borrow::Cow::into_owned).map_err(|error| no_xml(&error)))
        .transpose()
}
