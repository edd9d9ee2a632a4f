//! The answer from the results that are kept in memory.

use std::collections::BinaryHeap;

use smoker_model::plugin::PluginName;

use crate::results::kept::history::{History, KeptResult, Sequence};
use crate::results::queries::run_query::{RunPage, RunQuery, StoredRun};

/// How many results are looked at before the lock over them is released to other tasks.
const LOOKED_AT_ONCE: usize = 1024;

/// Adds results of these plugins to a page, from those below `query.before` on. Returns where to go on when it stopped
/// before it had looked at all, to release the lock.
pub(crate) fn add<'a>(
    plugins: impl Iterator<Item = (&'a PluginName, &'a History)>,
    query: &RunQuery,
    page: &mut RunPage,
) -> Option<Sequence> {
    let asked = |(name, _): &(&PluginName, &History)| query.plugin.as_ref().is_none_or(|plugin| plugin == *name);
    let plugins: Vec<_> = plugins.filter(asked).collect();
    let newest_below = |at: usize, below| {
        let (_, history): &(&PluginName, &History) = plugins.get(at)?;
        history.newest_below(below).map(|result| (result.sequence, at))
    };
    let mut next: BinaryHeap<_> = (0..plugins.len()).filter_map(|at| newest_below(at, query.below())).collect();
    let mut looked_at = 0;
    while let Some((sequence, at)) = next.pop() {
        if looked_at == LOOKED_AT_ONCE {
            return Some(sequence + 1);
        }
        looked_at += 1;
        let (name, history) = plugins[at];
        if let Some(KeptResult { text, .. }) = history.newest_below(sequence + 1)
            && let Some(facts) = text.facts()
            && query.admits(&facts)
            && !page.add(query, StoredRun { sequence, plugin: name.clone(), facts, text: text.unpack() })
        {
            return None;
        }
        next.extend(newest_below(at, sequence));
    }
    None
}
