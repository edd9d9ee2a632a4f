//! The bound on the size: the oldest records go first, but for those that are to be kept.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use smoker_journal::open::Opened;
use smoker_journal::reader;
use smoker_journal::segments::content::Entry;
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
            let done = maintenance.compact(|entry| is_kept(entry.sequence()).then_some(0)).expect("a disk with room");
            assert!(done.dropped > 0 && done.kept_dropped.is_none(), "{done:?}");
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
    let mut lost = false;
    for begin in (1..40_000).step_by(500) {
        append(&mut journal, begin..begin + 500);
        lost |= maintenance.compact(|_| Some(0)).expect("a disk with room").kept_dropped.is_some();
        assert!(!maintenance.is_too_large());
    }
    assert!(lost);
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
        let done =
            maintenance.compact(|entry| (entry.sequence().is_multiple_of(3) && entry.sequence() > old).then_some(1));
        assert_eq!(done.expect("a disk with room").kept_dropped, None, "{begin}");
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
    maintenance.compact(|entry| entry.sequence().is_multiple_of(1000).then_some(0)).expect("a disk with room");
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
        let _ =
            maintenance.compact(|entry| entry.sequence().is_multiple_of(100).then_some(0)).expect("a disk with room");
    }
    found.extend(reader.map(number));
    let missing: Vec<u64> = (100..=20_000).step_by(100).filter(|sequence| !found.contains(sequence)).collect();
    assert!(missing.is_empty() && found.is_sorted_by(|newer, older| newer > older), "{missing:?}");
}

/// As pages of forced runs, which others have read long ago, would crowd out the last result of a plugin that runs once a day.
#[test]
fn records_of_the_largest_rank_go_first_and_those_of_the_smallest_last() {
    let folder = folder();
    let Opened { mut journal, mut maintenance, .. } = opened(folder.path(), MAX);
    let rank = |entry: &Entry| match entry.sequence() {
        1..=8 => Some(0),
        9..=300 => Some(1),
        sequence if sequence % 10 < 9 => Some(2),
        _ => None,
    };
    let mut dropped = None;
    for begin in (1..40_000).step_by(500) {
        append(&mut journal, begin..begin + 500);
        dropped = maintenance.compact(rank).expect("a disk with room").kept_dropped.or(dropped);
        assert!(!maintenance.is_too_large());
    }
    let found = sequences(folder.path());
    assert_eq!(dropped, Some((2, 2)));
    assert_eq!(&found[..300], (1..=300).collect::<Vec<_>>(), "none of those that are to stay longer is gone");
    // The same where what is written at present takes all of the bound.
    journal.push(50_000, b"tag", &[&vec![b'x'; 3 << 20]]).expect("it is small");
    journal.write().expect("a disk with room");
    let _ = maintenance.compact(rank).expect("a disk with room");
    let mut newest = Vec::new();
    Survey::of(folder.path(), |entry| newest.push(entry.sequence())).expect("a folder");
    assert!(newest.ends_with(&[8, 7, 6, 5, 4, 3, 2, 1]) && newest.starts_with(&[50_000]), "{newest:?}");
}

/// One file that nobody can read must not keep the others from being compacted.
#[test]
fn the_bound_holds_with_a_segment_that_cannot_be_read_and_with_copies_of_damage() {
    for kind in ["folder", "link", "huge", "copies", "dangling copy", "folder in the way"] {
        let folder = folder();
        let path = folder.path();
        append(&mut opened(path, MAX).journal, 1..=2000);
        let first = segments(path).remove(0);
        let oldest = path.join("results-00000000.log");
        match kind {
            "folder" => fs::create_dir(&oldest).expect("writable"),
            "link" => symlink("nowhere", &oldest).expect("writable"),
            "huge" => File::create(&oldest).and_then(|file| file.set_len(1 << 33)).expect("writable"),
            "folder in the way" => fs::create_dir(first.with_extension("new")).expect("writable"),
            _ => {
                let mut bytes = fs::read(&first).expect("a file");
                bytes[100] ^= 1;
                fs::write(&first, bytes).expect("writable");
                let copy = path.join("results-00000000.damaged");
                if kind == "copies" {
                    fs::write(copy, vec![0; 2 << 20]).expect("writable");
                } else {
                    symlink("nowhere", copy).expect("writable");
                }
            }
        }
        let Opened { mut journal, mut maintenance, .. } = opened(path, MAX);
        for begin in (2001..30_000).step_by(500) {
            append(&mut journal, begin..begin + 500);
            maintenance.compact(|entry| entry.sequence().is_multiple_of(1000).then_some(0)).expect("a disk with room");
            assert!(!maintenance.is_too_large(), "{kind}: {}", maintenance.size());
        }
        let mut found = Vec::new();
        Survey::of(path, |entry| found.push(entry.sequence())).expect("a folder");
        assert!(found.contains(&1000) && found.contains(&2000), "{kind}");
        let copies: u64 =
            files(path, "damaged").iter().filter_map(|path| path.metadata().ok()).map(|it| it.len()).sum();
        assert!(copies <= MAX && (!kind.contains("cop") || copies > 0), "{kind}: {copies}");
    }
}

/// A reader that looks while segments are removed is no sign of damage.
#[test]
fn a_journal_that_is_compacted_meanwhile_is_sound() {
    let folder = folder();
    let Opened { mut journal, mut maintenance, .. } = opened(folder.path(), MAX);
    append(&mut journal, 1..=20_000);
    let is_kept = |sequence: u64| sequence.is_multiple_of(100);
    let mut seen = Vec::new();
    let survey = Survey::of(folder.path(), |entry| {
        // In the middle of it.
        if seen.len() == 5000 {
            append(&mut journal, 20_001..40_000);
            let _ = maintenance.compact(|entry| is_kept(entry.sequence()).then_some(0)).expect("a disk with room");
        }
        seen.push(entry.sequence());
    });
    let survey = survey.expect("a folder");
    assert!(survey.is_sound(), "{survey:?}");
    let missing: Vec<u64> = (100..=20_000).step_by(100).filter(|sequence| !seen.contains(sequence)).collect();
    assert!(missing.is_empty() && seen.is_sorted_by(|newer, older| newer > older), "{missing:?}");
}
