//! How a run went, as far as its daemon says: how long it took, when it started, how it ended, what it measured.

use crate::plugin::perfdata::perfdata;
use crate::plugin::value_text::{self, member, printed};
use crate::plugin::view::{MessagesView, PluginView};

/// The seconds that the run took.
#[must_use]
pub fn duration(view: &PluginView) -> Option<f64> {
    member(view.result()?, "duration")?.as_f64().filter(|seconds| *seconds >= 0.0)
}

/// How the command ended when that was not well, such as `exit status 3`.
#[must_use]
pub fn ended(view: &PluginView) -> Option<String> {
    view.result().and_then(value_text::ended)
}

/// What stands for the messages of a plugin that failed without a word, neither
/// of its own nor of a component: how its command ended.
#[must_use]
pub fn silent_end(view: &PluginView) -> Option<String> {
    let is_silent = !view.messages().is_some_and(MessagesView::has_texts) && view.components().is_empty();
    ended(view).filter(|_| is_silent && !view.is_ok())
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
