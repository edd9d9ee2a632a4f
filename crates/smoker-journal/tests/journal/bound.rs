//! The bound on the size: the oldest records go first, but for those that are to be kept.

use std::fs;

use smoker_journal::content::Entry;
use smoker_journal::open::Opened;
use smoker_journal::reader;
use smoker_journal::survey::Survey;

use crate::fixture::{append, files, folder, opened, segments, sequences};

const MAX: u64 = 2 << 20;

#[test]
fn the_oldest_records_are_dropped_but_for_those_to_keep() {
    let folder = folder();
    let Opened { mut journal, mut maintenance, .. } = opened(folder.path(), MAX);
    let is_kept = |sequence: u64| sequence.is_multiple_of(100);
    let mut largest = 0;
    for begin in (1..60_000).step_by(500) {
        append(&mut journal, begin..begin + 500);
        if maintenance.is_too_large() {
            largest = largest.max(maintenance.size());
            let done = maintenance.compact(|entry| is_kept(entry.sequence())).expect("a disk with room");
            assert!(done.dropped > 0 && done.kept_dropped == 0, "{done:?}");
        }
        assert!(!maintenance.is_too_large());
    }
    assert!(largest < MAX + (1 << 18), "{largest}");
    let found = sequences(folder.path());
    for sequence in (100..60_000).step_by(100) {
        assert!(found.contains(&sequence), "{sequence}");
    }
    assert_eq!(found.last(), Some(&60_000));
    let survey = Survey::of(folder.path(), drop).expect("a folder");
    assert!(survey.damage.is_empty() && survey.bytes == maintenance.size(), "{survey:?}");
    assert!(survey.segments < 64 && survey.bytes > MAX / 2, "{survey:?}");
}

#[test]
fn the_bound_holds_also_when_all_records_are_to_be_kept() {
    let folder = folder();
    let Opened { mut journal, mut maintenance, .. } = opened(folder.path(), MAX);
    let mut lost = 0;
    for begin in (1..40_000).step_by(500) {
        append(&mut journal, begin..begin + 500);
        lost += maintenance.compact(|_| true).expect("a disk with room").kept_dropped;
        assert!(!maintenance.is_too_large());
    }
    assert!(lost > 0);
    let found = sequences(folder.path());
    assert_eq!(found, (found[0]..=40_000).collect::<Vec<_>>(), "the oldest are dropped");
}

#[test]
fn records_to_keep_do_not_become_more_without_end() {
    let folder = folder();
    let Opened { mut journal, mut maintenance, .. } = opened(folder.path(), MAX);
    for begin in (1..100_000).step_by(500) {
        append(&mut journal, begin..begin + 500);
        // Each third record is to be kept for a while, as the newest ones of a plugin are.
        let old = begin.saturating_sub(20_000);
        let done = maintenance.compact(|entry| entry.sequence().is_multiple_of(3) && entry.sequence() > old);
        assert_eq!(done.expect("a disk with room").kept_dropped, 0, "{begin}");
        assert!(!maintenance.is_too_large());
    }
}

#[test]
fn a_rewriting_that_was_interrupted_shows_no_record_twice() {
    let folder = folder();
    let Opened { mut journal, mut maintenance, .. } = opened(folder.path(), MAX);
    append(&mut journal, 1..=20_000);
    let first = segments(folder.path()).remove(0);
    let content = fs::read(&first).expect("a segment");
    maintenance.compact(|entry| entry.sequence().is_multiple_of(1000)).expect("a disk with room");
    // As if the machine had stopped before the last of two segments that became one was removed.
    fs::write(&first, content).expect("writable");
    fs::write(first.with_extension("new"), "half").expect("writable");
    let found = sequences(folder.path());
    assert!(found.contains(&1000) && found.contains(&20_000) && found.is_sorted());
    drop((journal, maintenance));
    opened(folder.path(), MAX);
    assert!(files(folder.path(), "new").is_empty());
}

/// What is kept goes from old segments into newer ones, which a reader has behind it.
#[test]
fn a_reader_finds_what_is_kept_also_while_the_journal_is_compacted() {
    let folder = folder();
    let Opened { mut journal, mut maintenance, .. } = opened(folder.path(), MAX);
    append(&mut journal, 1..=20_000);
    let mut reader = reader::newest_first(folder.path(), u64::MAX).expect("a folder");
    let number = |entry: Result<Entry, _>| entry.expect("readable").sequence();
    let mut found: Vec<u64> = reader.by_ref().take(10_000).map(number).collect();
    for begin in (20_001..40_000).step_by(500) {
        append(&mut journal, begin..begin + 500);
        let _ = maintenance.compact(|entry| entry.sequence().is_multiple_of(100)).expect("a disk with room");
    }
    found.extend(reader.map(number));
    let missing: Vec<u64> = (100..=20_000).step_by(100).filter(|sequence| !found.contains(sequence)).collect();
    assert!(missing.is_empty() && found.is_sorted_by(|newer, older| newer > older), "{missing:?}");
}
