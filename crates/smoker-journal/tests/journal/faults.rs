//! A disk that is full or broken: what was written stays, and writing goes on when the disk does.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use smoker_journal::open::{Opened, Options, open};
use smoker_journal::survey::Survey;

use crate::faulty_disk::{Faults, FaultyDisk};
use crate::fixture::{LARGE, append, folder, payload, segments, sequences};

pub(crate) fn faulty(folder: &Path) -> (Opened, Arc<Faults>) {
    let (disk, faults) = FaultyDisk::new();
    let options = Options { disk: Arc::new(disk), ..Options::new(folder, LARGE) };
    (open(options, drop).expect("a journal"), faults)
}

/// Tries to write records at once; returns how many were lost.
pub(crate) fn try_append(opened: &mut Opened, sequences: std::ops::Range<u64>) -> usize {
    for sequence in sequences {
        opened.journal.push(sequence, b"tag", &[payload(sequence).as_bytes()]).expect("it is small");
    }
    opened.journal.write().map_or_else(|error| error.lost, |()| 0)
}

#[test]
fn a_full_disk_costs_the_records_that_did_not_fit_and_no_other() {
    let folder = folder();
    let (mut opened, faults) = faulty(folder.path());
    append(&mut opened.journal, 1..=3);
    let record = usize::try_from(opened.maintenance.size()).expect("small") / 3;
    faults.room.store(2 * record + record / 2, Relaxed);
    assert_eq!(try_append(&mut opened, 4..9), 3);
    assert_eq!(try_append(&mut opened, 9..10), 1);
    faults.room.store(record, Relaxed);
    assert_eq!(try_append(&mut opened, 9..10), 0);
    assert_eq!(try_append(&mut opened, 10..20), 10);
    faults.room.store(usize::MAX, Relaxed);
    append(&mut opened.journal, 20..=22);
    assert_eq!(sequences(folder.path()), [1, 2, 3, 4, 5, 9, 20, 21, 22]);
    let survey = Survey::of(folder.path(), drop).expect("a folder");
    assert!(survey.damage.is_empty() && survey.torn.is_none(), "half records are cut off: {survey:?}");
    assert_eq!(survey.bytes, opened.maintenance.size());
}

#[test]
fn a_limit_of_the_size_of_files_begins_segments_and_costs_only_records_larger_than_it() {
    let folder = folder();
    let (mut opened, faults) = faulty(folder.path());
    append(&mut opened.journal, 1..=3);
    let record = usize::try_from(opened.maintenance.size()).expect("small") / 3;
    faults.file_limit.store(4 * record + record / 2, Relaxed);
    assert_eq!(try_append(&mut opened, 4..12), 0);
    append(&mut opened.journal, 12..=14);
    assert_eq!(segments(folder.path()).len(), 4);
    faults.file_limit.store(record - 1, Relaxed);
    assert_eq!(try_append(&mut opened, 15..16), 1);
    assert_eq!(try_append(&mut opened, 16..18), 2);
    assert_eq!(segments(folder.path()).len(), 5, "no segment is begun in vain");
    faults.file_limit.store(usize::MAX, Relaxed);
    append(&mut opened.journal, 18..=19);
    assert_eq!(sequences(folder.path()), (1..=14).chain(18..=19).collect::<Vec<_>>());
    let survey = Survey::of(folder.path(), drop).expect("a folder");
    assert!(survey.damage.is_empty() && survey.torn.is_none(), "half records are cut off: {survey:?}");
    assert_eq!(survey.bytes, opened.maintenance.size());
}

#[test]
fn a_half_record_that_cannot_be_cut_off_is_skipped_by_readers() {
    let folder = folder();
    let (mut opened, faults) = faulty(folder.path());
    append(&mut opened.journal, 1..=3);
    faults.room.store(30, Relaxed);
    faults.fails_truncate.store(true, Relaxed);
    assert_eq!(try_append(&mut opened, 4..5), 1);
    faults.room.store(usize::MAX, Relaxed);
    append(&mut opened.journal, 5..=6);
    assert_eq!(sequences(folder.path()), [1, 2, 3, 5, 6]);
    assert_eq!(segments(folder.path()).len(), 2);
}

#[test]
fn a_segment_whose_sync_failed_is_never_written_again() {
    let folder = folder();
    let (mut opened, faults) = faulty(folder.path());
    append(&mut opened.journal, 1..=3);
    faults.fails_sync.store(true, Relaxed);
    let error = opened.maintenance.sync().expect_err("a sync that fails");
    let first = segments(folder.path()).remove(0);
    assert_eq!(error.path, first);
    let before = std::fs::read(&first).expect("a file");
    append(&mut opened.journal, 4..=6);
    opened.maintenance.sync().expect_err("a sync that fails");
    // The device fails again and again: no segment is begun for a while.
    assert_eq!(try_append(&mut opened, 7..9), 2);
    assert_eq!(segments(folder.path()).len(), 2);
    faults.fails_sync.store(false, Relaxed);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    append(&mut opened.journal, 9..=10);
    assert!(opened.maintenance.sync().expect("a disk that works"));
    assert_eq!(std::fs::read(&first).expect("a file"), before);
    assert_eq!(sequences(folder.path()), [1, 2, 3, 4, 5, 6, 9, 10]);
}

#[test]
fn a_read_only_disk_costs_records_until_it_is_writable() {
    let folder = folder();
    let (mut opened, faults) = faulty(folder.path());
    faults.is_read_only.store(true, Relaxed);
    assert_eq!(try_append(&mut opened, 1..4), 3);
    assert!(segments(folder.path()).is_empty());
    faults.is_read_only.store(false, Relaxed);
    append(&mut opened.journal, 4..=5);
    assert_eq!(sequences(folder.path()), [4, 5]);
}
