//! Records come back in their order, and one process writes at a time.

use std::fs;

use smoker_journal::open::{Locked, Opened, Options, open};
use smoker_journal::reader;

use crate::fixture::{LARGE, append, folder, opened, segments, sequences};

#[test]
fn records_come_back_after_each_restart_and_numbers_go_on() {
    let folder = folder();
    let mut next = 1;
    for _ in 0..5 {
        let Opened { mut journal, survey, .. } = opened(folder.path(), LARGE);
        assert_eq!(survey.newest, (next > 1).then_some(next - 1));
        assert_eq!((survey.records, survey.damage.len()), (next - 1, 0));
        append(&mut journal, next..next + 20);
        next += 20;
        assert_eq!(sequences(folder.path()), (1..next).collect::<Vec<_>>());
    }
    assert_eq!(segments(folder.path()).len(), 1, "a segment is written on until it is full");
}

#[test]
fn many_records_are_written_at_once() {
    let folder = folder();
    let Opened { mut journal, maintenance, .. } = opened(folder.path(), LARGE);
    for sequence in 1..=3 {
        journal.push(sequence, b"", &[b"a", b"b"]).expect("it is small");
        assert_eq!(maintenance.size(), 0);
    }
    journal.write().expect("a disk with room");
    assert!(maintenance.size() > 0);
    assert!(maintenance.sync().expect("a disk that works"));
    assert!(!maintenance.sync().expect("a disk that works"), "nothing is left to sync");
    let entries: Vec<_> = reader::oldest_first(folder.path(), 1).expect("a folder").collect();
    let entries: Vec<_> = entries.iter().map(|entry| entry.as_ref().expect("readable").payload()).collect();
    assert_eq!(entries, [b"ab", b"ab"]);
}

#[test]
fn readers_begin_where_they_are_told_in_any_segment() {
    let folder = folder();
    let Opened { mut journal, .. } = opened(folder.path(), 1);
    append(&mut journal, 1..=2000);
    assert!(segments(folder.path()).len() > 3);
    for at in [1, 2, 500, 1999, 2000] {
        let numbers = |entry: Result<smoker_journal::segments::content::Entry, _>| entry.expect("readable").sequence();
        let above: Vec<_> = reader::oldest_first(folder.path(), at).expect("a folder").map(numbers).collect();
        assert_eq!(above, (at + 1..=2000).collect::<Vec<_>>());
        let below: Vec<_> = reader::newest_first(folder.path(), at).expect("a folder").map(numbers).collect();
        assert_eq!(below, (1..at).rev().collect::<Vec<_>>());
    }
}

#[test]
fn a_second_writer_is_refused_and_readers_are_not() {
    let folder = folder();
    let Opened { mut journal, .. } = opened(folder.path(), LARGE);
    append(&mut journal, 1..=3);
    let second = open(Options::new(folder.path(), LARGE), drop);
    assert!(matches!(&second, Err(Locked(path)) if path == folder.path()), "{second:?}");
    // As somebody does who takes the file of a lock for stale.
    fs::remove_file(folder.path().join("lock")).expect("a file");
    assert!(open(Options::new(folder.path(), LARGE), drop).is_err(), "the folder is locked, too");
    assert_eq!(sequences(folder.path()), [1, 2, 3]);
    drop(journal);
    opened(folder.path(), LARGE);
}
