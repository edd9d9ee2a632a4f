//! The JSON text of a result, compressed.
//!
//! Kept are some hundred thousand results, most of them short and alike: the names of their members take more room than
//! what they say. LZ4 with a dictionary of these names leaves some 40 % of a short text, at a microsecond or two.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use lz4_flex::block;
use smoker_model::run_record::{RunRecord, RunState};

use crate::results::kept::encoding::{Fields, put_number};
use crate::results::kept::facts::RunFacts;

/// What most results have, in the order of the wire. Nothing is stored with it, so it may change at any time.
const DICTIONARY: &[u8] = br#"{"status": "ERROR", "messages": null{"status": "WARN", {"status": "OK", "messages": {"info": [""], "warn": [], "error": []}, "lastRun": "2026-01-01T00:00:00.000000", "componentResults": [{"componentResult": {"status": "OK", "messages": {"info": ["", ""], "warn": [""], "error": [""]}, "name": "}}], "componentResults": null, "action": null, "forced": true, "duration": 0., "lastRunUtc": "2026-01-01T00:00:00.000000Z", "signal": "KILL"}"perfdata": {}, "exitStatus": 1}: null, "action": null, "forced": false, "duration": 0.00, "lastRunUtc": "2026-01-01T00:00:00.000000Z", "exitStatus": 0}"#;

/// Memory of a kept text beside its bytes.
const OVERHEAD: usize = 48;

/// The memory that a text of this many bytes takes at most.
pub(crate) fn size(length: usize) -> isize {
    isize::try_from(length + OVERHEAD).unwrap_or(isize::MAX)
}

/// A text that is kept for long, with the facts of its run where nothing else keeps them: the number of their bytes, the
/// facts, the compressed text. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PackedText(Arc<[u8]>);

impl PackedText {
    /// Packs a text with these encoded facts.
    fn new(text: &str, facts: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(facts.len() + text.len());
        put_number(&mut bytes, facts.len() as u64);
        bytes.extend_from_slice(facts);
        bytes.extend_from_slice(&block::compress_prepend_size_with_dict(text.as_bytes(), DICTIONARY));
        Self(bytes.into())
    }

    /// The facts and the compressed text.
    fn parts(&self) -> (&[u8], &[u8]) {
        Fields::of(&self.0).bytes().unwrap_or_default()
    }

    /// What is known of the run; none unless it was packed with the text.
    pub(crate) fn facts(&self) -> Option<RunFacts> {
        RunFacts::decode(&mut Fields::of(self.parts().0))
    }

    /// How many bytes the text has.
    pub(crate) fn length(&self) -> usize {
        block::uncompressed_size(self.parts().1).map_or(0, |(length, _)| length)
    }

    /// What it counts against the limits of memory: as much as it would take uncompressed, so that how well results
    /// can be compressed never decides how many are kept.
    pub(crate) fn size(&self) -> isize {
        size(self.length())
    }

    /// The text.
    pub(crate) fn unpack(&self) -> String {
        let unpacked = block::decompress_size_prepended_with_dict(self.parts().1, DICTIONARY)
            .map_err(|error| error.to_string())
            .and_then(|bytes| String::from_utf8(bytes).map_err(|error| error.to_string()));
        unpacked.unwrap_or_else(|error| {
            tracing::error!("cannot unpack a result, null is shown in its place: {error}");
            "null".to_owned()
        })
    }

    /// Whether both are one text in one place.
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The two texts of a result; see `ResultText`.
#[derive(Debug)]
pub(crate) struct PackedTexts {
    pub(crate) listed: PackedText,
    pub(crate) mapped: PackedText,
}

impl PackedTexts {
    /// Packs the texts of a run's result, if need be with the facts of the run; none of a run that was skipped.
    pub(crate) fn of(record: &RunRecord, with_facts: bool) -> Option<Self> {
        let RunState::Finished(run) = &record.state else { return None };
        let mut facts = Vec::new();
        if let Some(known) = RunFacts::of(record).filter(|_| with_facts) {
            known.encode(&mut facts);
        }
        let listed = PackedText::new(&run.text.listed, &facts);
        let is_one = Arc::ptr_eq(&run.text.listed, &run.text.mapped);
        let mapped = if is_one { listed.clone() } else { PackedText::from(&*run.text.mapped) };
        Some(Self { listed, mapped })
    }
}

impl From<&str> for PackedText {
    fn from(text: &str) -> Self {
        Self::new(text, &[])
    }
}

impl fmt::Debug for PackedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PackedText").field(&Cow::from(self.unpack())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str = r#"{"status": "OK", "messages": {"info": ["load average 0.42 0.36 0.30"], "warn": [], "error": []}, "lastRun": "2026-11-30T01:29:54.123456", "componentResults": null, "action": null, "forced": true, "duration": 0.001234, "lastRunUtc": "2026-11-30T01:29:54.123456Z", "exitStatus": 0}"#;

    #[test]
    fn texts_come_back_as_they_were() {
        for text in ["", "null", "č", RESULT, &RESULT.repeat(1000)] {
            let packed = PackedText::from(text);
            assert_eq!((packed.unpack().as_str(), packed.length()), (text, text.len()));
        }
    }

    #[test]
    fn an_ordinary_result_takes_less_than_half() {
        assert!(PackedText::from(RESULT).0.len() < RESULT.len() / 2, "{}", PackedText::from(RESULT).0.len());
    }
}
