//! Which events a client wants.

use hyper::Uri;
use hyper::header::HeaderMap;
use smoker_model::plugin::PluginName;
use smoker_model::status::Status;

use crate::http::api::answer::error::ApiError;
use crate::http::api::request::query::{self, Parameters};
use crate::http::api::results;
use crate::results::kept::facts::RunFacts;
use crate::results::kept::history::Sequence;

/// The header with the newest event that a client has, when it connects again.
const LAST_EVENT_ID: &str = "last-event-id";

/// Which events a client wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Those behind this one, also of the past; none: from now on.
    pub(super) since: Option<Sequence>,
    /// Of these plugins only; empty: of all.
    pub(super) plugins: Vec<PluginName>,
    /// Of plugins with one of these values of `Category` only; empty: of all.
    pub(super) categories: Vec<String>,
    /// Results with one of these statuses only.
    statuses: Option<Vec<Status>>,
    /// Results with another status than the one before only.
    only_changes: bool,
}

impl Wanted {
    /// Reads the query of the request. `Last-Event-ID` overrides `since`: a browser that connects again sends both.
    pub(super) fn parse(uri: &Uri, headers: &HeaderMap) -> Result<Self, ApiError> {
        let lists = ["plugin", "category"];
        let parameters = Parameters::with_lists(uri, &["since", "plugin", "category", "status", "changes"], &lists)?;
        let since = parameters.get("since", "the id of an event", |value| value.parse().ok())?;
        let last = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()).map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.trim()
                .parse()
                .map_err(|_| query::refused_header(LAST_EVENT_ID, &text, "it has to be the id of an event"))
        });
        let only_changes = parameters.get("changes", "true or false", |value| match value {
            "" | "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        })?;
        Ok(Self {
            since: last.transpose()?.or(since),
            plugins: parameters.all("plugin").map(PluginName::from).collect(),
            categories: parameters.all("category").map(str::to_owned).collect(),
            statuses: results::statuses(&parameters)?,
            only_changes: only_changes.unwrap_or_default(),
        })
    }

    /// Whether events of a plugin are wanted, as far as its name says it.
    pub(super) fn admits_name(&self, plugin: &PluginName) -> bool {
        self.plugins.is_empty() || self.plugins.contains(plugin)
    }

    /// Whether this result is wanted.
    pub(super) fn admits_result(&self, facts: &RunFacts, is_change: bool) -> bool {
        self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&facts.status))
            && (is_change || !self.only_changes)
    }

    /// Whether runs that begin are wanted.
    pub(super) fn admits_starts(&self) -> bool {
        self.statuses.is_none() && !self.only_changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str, last: Option<&str>) -> Result<Wanted, String> {
        let mut headers = HeaderMap::new();
        if let Some(last) = last {
            headers.insert(LAST_EVENT_ID, last.parse().expect("a value"));
        }
        let uri = format!("/events?{query}").parse().expect("a path");
        Wanted::parse(&uri, &headers).map_err(|error| match error {
            ApiError::WrongQuery(text) => text,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn the_newest_event_that_a_client_has_overrides_where_it_began() {
        let since = |query, last| parse(query, last).expect("it can be used").since;
        assert_eq!(since("", None), None);
        assert_eq!(since("since=7", None), Some(7));
        assert_eq!(since("since=7", Some("9")), Some(9));
        assert_eq!(since("since=7", Some("")), Some(7));
        assert!(parse("", Some("x")).expect_err("no number").contains("last-event-id"));
    }

    #[test]
    fn several_plugins_may_be_named_and_what_cannot_be_meant_is_refused() {
        let wanted = parse("plugin=a&plugin=b%2Cc&status=warn,ERROR&changes", None).expect("it can be used");
        assert_eq!(wanted.plugins, ["a".into(), "b,c".into()]);
        assert!(wanted.admits_name(&"a".into()) && !wanted.admits_name(&"b".into()) && !wanted.admits_starts());
        for query in ["since=x", "since=-1", "changes=maybe", "status=BAD", "plugins=a", "since=1&since=2"] {
            assert!(parse(query, None).is_err(), "{query}");
        }
    }
}
