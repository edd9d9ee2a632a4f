//! Requests that wait for the end of a process or of a reload: `?wait=30s`, or the header `Prefer: wait=30` (RFC 7240).

use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderMap;
use smoker_model::time::duration;
use tokio::time::{sleep, timeout};

use crate::http::api::answer::error::ApiError;
use crate::http::api::request::query;
use crate::http::connections::activity::ConnectionActivity;
use crate::http::limits;
use crate::results::processes::process::ProcessId;
use crate::scheduler::manager::PluginManager;

/// How long runs that the stop of the daemon ends may still take until a waiting request is answered. It is shorter
/// than the time that the server leaves to responses.
const STOP_TIME: Duration = Duration::from_millis(500);

/// How long the request wants to wait for the end of its process, at most [`limits::WAIT`]; none when it does not.
///
/// # Errors
///
/// When the value of `wait` is no span of time. A header that is not understood is ignored, as RFC 7240 has it.
pub(crate) fn wanted(uri: &Uri, headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    Ok(named(uri, headers)?.filter(|span| !span.is_zero()))
}

/// The span that the request names, at most [`limits::WAIT`]; zero when it wants an answer at once.
///
/// # Errors
///
/// As [`wanted`].
pub(crate) fn named(uri: &Uri, headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    let values = query::pairs(uri).filter(|(name, _)| name == "wait").map(|(_, value)| value);
    let span = match values.last() {
        Some(value) => Some(seconds(&value).or_else(|| duration::parse_or_seconds(&value)).ok_or_else(|| {
            query::refused("wait", &value, format!("it has to be a number of seconds or {}", duration::FORMS))
        })?),
        None => preferred(headers),
    };
    Ok(span.map(|span| span.min(limits::WAIT)))
}

fn preferred(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let preferences = values.flat_map(|value| value.split(','));
    preferences.filter_map(|preference| preference.trim().split_once('=')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("wait").then(|| seconds(value.trim().trim_matches('"'))).flatten()
    })
}

fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A number that is too large for the type is longer than any wait.
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

/// Waits until the process has ended, for `span` at most; less when too many requests wait already, when the daemon
/// stops, or when the client has closed its side of the connection.
pub(crate) async fn for_end(manager: &PluginManager, id: ProcessId, span: Duration, activity: &ConnectionActivity) {
    let Some(wait) = activity.begin_wait() else { return };
    let Some(end) = manager.state().process_end(id) else { return };
    tokio::select! {
        () = end.cancelled() => {}
        () = sleep(span) => {}
        () = wait.input_ended() => {}
        () = manager.stopping() => {
            let _ = timeout(STOP_TIME, end.cancelled()).await;
        }
    }
}

/// What `outcome` gives, within `span` at most; less when too many requests wait already, or when the client has closed its side
/// of the connection.
pub(crate) async fn for_outcome<T>(
    outcome: impl Future<Output = T>,
    span: Duration,
    activity: &ConnectionActivity,
) -> Option<T> {
    let wait = activity.begin_wait().filter(|_| !span.is_zero())?;
    tokio::select! {
        outcome = outcome => Some(outcome),
        () = sleep(span) => None,
        () = wait.input_ended() => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, prefer: &[&str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in prefer {
            headers.append("prefer", value.parse().expect("a value"));
        }
        let wanted = wanted(&path.parse().expect("a path"), &headers).ok()?;
        Some(wanted.map_or(0, |span| u64::try_from(span.as_millis()).expect("short")))
    }

    #[test]
    fn a_wait_is_asked_for_in_the_query_or_by_a_preference() {
        assert_eq!(of("/processes", &[]), Some(0));
        assert_eq!(
            ["30s", "30", "250ms", "1m", "0", "2d", "1.5s", "1.5", "2s500ms"]
                .map(|span| of(&format!("/processes?wait={span}"), &[])),
            [30_000, 30_000, 250, 60_000, 0, 60_000, 1500, 1500, 2500].map(Some)
        );
        assert_eq!(["", "x", "-1", "5min"].map(|span| of(&format!("/processes?wait={span}"), &[])), [None; 4]);
        assert_eq!(of("/processes?x=1&wait=1&wait=2", &["wait=9"]), Some(2000));
        assert_eq!(of("/processes", &["respond-async, wait=5"]), Some(5000));
        assert_eq!(
            of("/processes", &["handling=lenient", "Wait = \"7\"; x"]),
            Some(0),
            "a parameter is not understood"
        );
        assert_eq!(of("/processes", &["handling=lenient", "WAIT = \"7\""]), Some(7000));
        assert_eq!(of("/processes", &["wait=soon"]), Some(0));
        assert_eq!(of("/processes", &["wait=99999999999999999999999"]), Some(60_000));
    }
}
