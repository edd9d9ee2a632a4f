//! Queries of URLs: `?name=value&name=value`.

use std::fmt::Display;

use hyper::Uri;
use percent_encoding::percent_decode_str;
use smoker_model::suggest;

use crate::http::api::answer::error::ApiError;

/// Names and values in their order, decoded. A name without `=` has an empty value.
pub(crate) fn pairs(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', "%20")).decode_utf8_lossy().into_owned()
}

/// The parameters of a page that takes some and refuses all others.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// The query of this URL.
    ///
    /// # Errors
    ///
    /// When a parameter is not among the `known` ones, or is there twice.
    pub(crate) fn of(uri: &Uri, known: &[&str]) -> Result<Self, ApiError> {
        Self::with_lists(uri, known, &[])
    }

    /// The same, where `lists` are those of the known ones that may be there several times.
    ///
    /// # Errors
    ///
    /// As [`Self::of`].
    pub(crate) fn with_lists(uri: &Uri, known: &[&str], lists: &[&str]) -> Result<Self, ApiError> {
        let mut parameters = Vec::<(String, String)>::new();
        for (name, value) in pairs(uri) {
            if !known.contains(&name.as_str()) {
                let meant = suggest::near(&name, known).map(|near| format!(" (did you mean {near}?)"));
                let meant = meant.unwrap_or_default();
                return Err(refused(&name, &value, format!("the parameters here are {}{meant}", known.join(", "))));
            }
            if !lists.contains(&name.as_str()) && parameters.iter().any(|(other, _)| *other == name) {
                return Err(refused(&name, &value, "it is there twice; leave one out"));
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// All values of a parameter.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, read by `parse`; none when the parameter is not there. `forms` says what `parse` takes.
    ///
    /// # Errors
    ///
    /// When `parse` takes it for no value.
    pub(crate) fn get<T>(
        &self,
        name: &str,
        forms: impl Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some((_, value)) = self.0.iter().find(|(known, _)| known == name) else { return Ok(None) };
        parse(value).map(Some).ok_or_else(|| refused(name, value, format!("it has to be {forms}")))
    }
}

/// The same of a header.
pub(crate) fn refused_header(name: &str, value: &str, reason: impl Display) -> ApiError {
    ApiError::WrongQuery(format!("The request has the header {name}: {value}: {reason}."))
}

/// A parameter that cannot be used: what is there, why, and what to write instead.
pub(crate) fn refused(name: &str, value: &str, reason: impl Display) -> ApiError {
    ApiError::WrongQuery(format!("The query has {name}={value}: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(query: &str) -> String {
        let uri = format!("/results?{query}").parse().expect("a URL");
        let parameters = Parameters::of(&uri, &["status", "limit"]);
        let limit = parameters.and_then(|it| it.get("limit", "a number", |value| value.parse::<u32>().ok()));
        match limit {
            Ok(limit) => format!("{limit:?}"),
            Err(ApiError::WrongQuery(message)) => message,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        assert_eq!([refusal(""), refusal("&limit=%37&status=a+b")], ["None", "Some(7)"]);
        for (query, parts) in [
            ("limits=3", ["limits=3", "status, limit", "did you mean limit?"]),
            ("since", ["since=", "status, limit", "."]),
            ("limit=1&limit=2", ["limit=2", "twice", "leave one out"]),
            ("limit=%C3%A9", ["limit=é", "has to be a number", "."]),
        ] {
            let message = refusal(query);
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
    }
}
