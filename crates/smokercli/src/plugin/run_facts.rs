//! How a run went, as far as its daemon says: how long it took, when it started, how it ended, what it measured.

use crate::plugin::perfdata::perfdata;
use std::borrow::Cow;

use smoker_model::status::Status;

use crate::plugin::value_text::{self, member, printed};
use crate::plugin::view::{Component, MessagesView, PluginView};

/// The seconds that the run took.
#[must_use]
pub fn duration(view: &PluginView) -> Option<f64> {
    member(view.result()?, "duration")?.as_f64().filter(|seconds| *seconds >= 0.0)
}

/// How the command ended when that was not well, such as `exit status 3`.
fn ended(view: &PluginView) -> Option<String> {
    view.result().and_then(value_text::ended)
}

/// Whether the daemon says how its runs went. An older one does not; its results are shown as Smoker 2 shows them.
fn is_told(view: &PluginView) -> bool {
    view.result().is_some_and(|result| member(result, "lastRunUtc").is_some())
}

/// The reason of a plugin that is not OK and gives none itself: why its status cannot be read; why its runs are skipped; where neither it
/// nor a component has a message of `warn` or `error`, how its command ended, unless it printed something else and exited; or why there is
/// no result.
#[must_use]
pub fn reason(view: &PluginView) -> Option<String> {
    reason_of_result(view).or_else(|| no_result(view))
}

/// As [`reason`], but for a plugin without a result: daemons of Smoker 2 leave such ones UNKNOWN without a word, and clients show them so.
#[must_use]
pub fn reason_of_result(view: &PluginView) -> Option<String> {
    if let Some(reason) = view.unreadable().or_else(|| view.skipped()) {
        return Some(reason);
    }
    let printed = view.messages().is_some_and(|messages| messages.other_texts().next().is_some());
    let is_killed = view.result().is_some_and(|result| member(result, "signal").is_some());
    ended(view).filter(|_| is_silent(view) && (is_killed || !printed))
}

/// Why a plugin has no result although nothing is in its way, or is UNKNOWN without a message.
fn no_result(view: &PluginView) -> Option<String> {
    if view.lacks_forced_result() {
        return Some("the forced run left no result; the log of its daemon may say why".to_owned());
    }
    if view.status() == Status::Unknown && view.result().is_some() {
        let is_silent = !view.messages().is_some_and(MessagesView::has_texts);
        return is_silent.then(|| "the result is UNKNOWN, and has no message that says why".to_owned());
    }
    if !view.has_not_run() {
        return None;
    }
    Some(match view.next_run() {
        Some(next) => format!("not run yet; the next run is due at {next}"),
        None => "not run yet, and no run is planned: it runs on request, or after another plugin".to_owned(),
    })
}

/// Whether a plugin failed, and neither it nor a component says why.
fn is_silent(view: &PluginView) -> bool {
    let is_bad = matches!(view.status(), Status::Warn | Status::Error);
    let has_problems = view.messages().is_some_and(MessagesView::has_problems);
    is_bad && !has_problems && view.components().iter().all(|part| part.status == Status::Ok)
}

/// What a plugin printed that failed and does not say why: the messages of other levels than `warn` and `error`, which
/// the shorter formats leave out otherwise.
#[must_use]
pub fn printed_instead(view: &PluginView) -> Vec<(&str, Cow<'_, str>)> {
    let messages = view.messages().filter(|_| is_told(view) && is_silent(view));
    messages.into_iter().flat_map(MessagesView::other_texts).collect()
}

/// As [`printed_instead`], of a component of the plugin.
#[must_use]
pub fn part_printed_instead<'a>(view: &PluginView, part: &Component<'a>) -> Vec<(&'a str, Cow<'a, str>)> {
    let messages =
        part.messages.filter(|messages| is_told(view) && part.status != Status::Ok && !messages.has_problems());
    messages.into_iter().flat_map(MessagesView::other_texts).collect()
}

/// A line for each thing that is wrong below a plugin and does not change its status: components in ERROR of one that
/// is not, and actions that failed.
#[must_use]
pub fn wrong_below(view: &PluginView) -> Vec<String> {
    let line = |title: String, status: Status, reason: Option<String>| {
        format!("{title} [{status}]{}", reason.map_or(String::new(), |reason| format!(" {reason}")))
    };
    let components = view.components();
    let parts = components.iter().filter(|part| is_overruled(view, part)).map(|part| {
        let texts = part.messages.map(|messages| messages.level("error").join("; ")).filter(|texts| !texts.is_empty());
        line(format!("component {}", part.name), part.status, texts)
    });
    let actions = view.failed_actions();
    let actions = actions.iter().map(|action| line(action.title(), action.status, action.reason()));
    parts.chain(actions).collect()
}

/// Whether a component is in ERROR, or in no status that is known, although the plugin is not in ERROR.
fn is_overruled(view: &PluginView, part: &Component<'_>) -> bool {
    matches!(view.status(), Status::Ok | Status::Warn) && matches!(part.status, Status::Error | Status::Unknown)
}

/// Whether a component of the plugin is in ERROR, or in no status that is known, although the plugin is not.
#[must_use]
pub fn has_overruled_component(view: &PluginView) -> bool {
    view.components().iter().any(|part| is_overruled(view, part))
}

/// All facts with their names. A daemon without these members gives none.
#[must_use]
pub fn facts(view: &PluginView) -> Vec<(&'static str, String)> {
    let Some(result) = view.result() else { return Vec::new() };
    let started = member(result, "lastRunUtc").map(|started| printed(started).into_owned());
    let status = member(result, "exitStatus").map(|status| printed(status).into_owned());
    let signal = member(result, "signal").map(|signal| printed(signal).into_owned());
    let measured = Some(perfdata(result.get("perfdata"), "")).filter(|text| !text.is_empty());
    let all = [
        ("Started", started),
        ("Duration", duration(view).map(|seconds| format!("{seconds:.3} s"))),
        ("Exit status", status),
        ("Signal", signal),
        ("Perfdata", measured),
    ];
    all.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json, value::to_raw_value};

    use super::*;
    use crate::plugin::Plugin;

    #[test]
    fn a_plugin_that_has_not_run_says_when_it_will() {
        let told = |members: Json| {
            let mut object = json!({"name": "Backup", "lastResult": null});
            object.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
            no_result(&Plugin::parse(to_raw_value(&object).expect("JSON")).view())
        };
        let planned = told(json!({"nextRun": "2026-11-30T02:30:00.000001"}));
        assert_eq!(planned.as_deref(), Some("not run yet; the next run is due at 2026-11-30 02:30:00"));
        assert!(told(json!({"nextRun": null})).is_some_and(|text| text.contains("no run is planned")));
        let skipped = json!({"nextRun": null, "skipped": {"since": "x", "parent": "Db", "reason": "Db is ERROR"}});
        for other in [json!({"nextRun": null, "lastResult": {"status": "OK"}}), skipped, json!({})] {
            assert_eq!(told(other.clone()), None, "{other}");
        }
        let silent = json!({"nextRun": null, "lastResult": {"status": "UNKNOWN", "messages": null}});
        assert_eq!(told(silent).as_deref(), Some("the result is UNKNOWN, and has no message that says why"));
    }
}
