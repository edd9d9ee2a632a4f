//! The answer from the results that are kept in memory.
//!
//! While the lock over them is held, results are only found; they are unpacked after that.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use smoker_model::plugin::PluginName;

use crate::results::kept::history::{History, KeptResult, Sequence};
use crate::results::kept::packed_text::PackedText;
use crate::results::queries::run_query::{RunQuery, StoredRun};

/// How many results are looked at before the lock over them is released to other tasks.
const LOOKED_AT_ONCE: usize = 1024;

/// A result that was found.
#[derive(Debug)]
pub(crate) struct FoundResult {
    sequence: Sequence,
    plugin: PluginName,
    text: PackedText,
}

/// Results of these plugins that were found, newest first.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) results: Vec<FoundResult>,
    /// What `before` has to be to go on; none when all have been found.
    pub(crate) next: Option<Sequence>,
}

impl FoundResult {
    fn new(plugin: &PluginName, result: &KeptResult) -> Self {
        Self { sequence: result.sequence, plugin: plugin.clone(), text: result.text.clone() }
    }

    /// The run, if it is asked for.
    pub(crate) fn unpack(&self, query: &RunQuery) -> Option<StoredRun> {
        let facts = self.text.facts().filter(|facts| query.admits(facts))?;
        let Self { sequence, plugin, text } = self;
        Some(StoredRun { sequence: *sequence, plugin: plugin.clone(), facts, text: text.unpack() })
    }
}

/// Finds results of the plugins of the query from those below `query.before` on.
pub(crate) fn newest<'a>(plugins: impl Iterator<Item = (&'a PluginName, &'a History)>, query: &RunQuery) -> Found {
    let asked = |(name, _): &(&PluginName, &History)| query.concerns(name.as_str());
    let plugins: Vec<_> = plugins.filter(asked).collect();
    let newest_below = |at: usize, below| {
        let (_, history): &(&PluginName, &History) = plugins.get(at)?;
        history.newest_below(below).map(|result| (result.sequence, at))
    };
    let mut next: BinaryHeap<_> = (0..plugins.len()).filter_map(|at| newest_below(at, query.below())).collect();
    let mut results = Vec::new();
    while let Some((sequence, at)) = next.pop() {
        if results.len() == LOOKED_AT_ONCE {
            return Found { results, next: Some(sequence + 1) };
        }
        let (name, history) = plugins[at];
        results.extend(history.newest_below(sequence + 1).map(|result| FoundResult::new(name, result)));
        next.extend(newest_below(at, sequence));
    }
    Found { results, next: None }
}

/// Finds results with numbers above this one, oldest first, [`LOOKED_AT_ONCE`] at most.
pub(crate) fn oldest<'a>(
    plugins: impl Iterator<Item = (&'a PluginName, &'a History)>,
    after: Sequence,
) -> Vec<FoundResult> {
    let plugins: Vec<_> = plugins.collect();
    let oldest_above = |at: usize, after| {
        let (_, history): &(&PluginName, &History) = plugins.get(at)?;
        history.oldest_above(after).map(|result| Reverse((result.sequence, at)))
    };
    let mut next: BinaryHeap<_> = (0..plugins.len()).filter_map(|at| oldest_above(at, after)).collect();
    let mut results = Vec::new();
    while let Some(Reverse((sequence, at))) = next.pop()
        && results.len() < LOOKED_AT_ONCE
    {
        let (name, history) = plugins[at];
        results.extend(history.oldest_above(sequence - 1).map(|result| FoundResult::new(name, result)));
        next.extend(oldest_above(at, sequence));
    }
    results
}
