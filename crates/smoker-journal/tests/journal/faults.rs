//! A disk that is full or broken: what was written stays, and writing goes on when the disk does.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use smoker_journal::completeness::Completeness;
use smoker_journal::open::{Opened, Options, open};
use smoker_journal::segments::content::separate;
use smoker_journal::survey::Survey;

use crate::faulty_disk::{Faults, FaultyDisk};
use crate::fixture::{LARGE, append, files, folder, opened, payload, segments, sequences};

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
    // The device fails again and again: it is left alone for a while, in which records are written all the same.
    append(&mut opened.journal, 7..=8);
    faults.fails_sync.store(false, Relaxed);
    append(&mut opened.journal, 9..=10);
    let error = opened.maintenance.sync().expect_err("not asked yet");
    assert!(error.to_string().contains("asked again in 1 s"), "{error}");
    let deadline = Instant::now() + Duration::from_secs(20);
    while opened.maintenance.sync().is_err() {
        assert!(Instant::now() < deadline, "it is never asked again");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(segments(folder.path()).len(), 3);
    assert_eq!(std::fs::read(&first).expect("a file"), before);
    assert_eq!(sequences(folder.path()), (1..=10).collect::<Vec<_>>());
}

#[test]
fn records_that_had_no_room_get_into_their_places_later() {
    let folder = folder();
    let (mut opened, faults) = faulty(folder.path());
    append(&mut opened.journal, 1..=3);
    let record = usize::try_from(opened.maintenance.size()).expect("small") / 3;
    let mut late = Vec::new();
    for sequence in 4..40 {
        // As large results, which have less room than small ones.
        faults.room.store(if sequence % 5 == 0 { 2 * record } else { record / 2 }, Relaxed);
        opened.journal.push(sequence, b"tag", &[payload(sequence).as_bytes()]).expect("it is small");
        if let Err(error) = opened.journal.write() {
            assert_eq!((error.lost, error.records.len() / record), (1, 1));
            late.extend(separate(&error.records));
        }
    }
    assert_eq!(sequences(folder.path()), [1, 2, 3, 5, 10, 15, 20, 25, 30, 35]);
    let before = segments(folder.path());
    opened.journal.insert(&late).expect_err("no room");
    assert_eq!((segments(folder.path()), files(folder.path(), "new").len()), (before, 0));
    faults.room.store(usize::MAX, Relaxed);
    opened.journal.insert(&late).expect("a disk with room");
    append(&mut opened.journal, 40..=45);
    assert_eq!(sequences(folder.path()), (1..=45).collect::<Vec<_>>());
    let survey = Survey::of(folder.path(), drop).expect("a folder");
    assert!(survey.is_sound() && survey.bytes == opened.maintenance.size(), "{survey:?}");
    // Again, and older than all that there is.
    opened.journal.insert(&late).expect("a disk with room");
    assert_eq!(sequences(folder.path()), (1..=45).collect::<Vec<_>>());
}

#[test]
fn what_is_removed_while_it_is_written_is_written_again() {
    for removes_folder in [false, true] {
        let folder = folder();
        let path = folder.path().join("results");
        let Opened { mut journal, maintenance, .. } = opened(&path, LARGE);
        append(&mut journal, 1..=3);
        if removes_folder {
            std::fs::remove_dir_all(&path).expect("writable");
        } else {
            std::fs::remove_file(segments(&path).remove(0)).expect("writable");
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut next = 4;
        let removed = loop {
            append(&mut journal, [next]);
            next += 1;
            if let Some(removed) = journal.take_removed() {
                break removed;
            }
            assert!(Instant::now() < deadline, "nobody looks");
        };
        assert_eq!(removed, path.join("results-00000001.log"));
        assert_eq!(sequences(&path), (1..next).collect::<Vec<_>>());
        assert_eq!(maintenance.size(), segments(&path).iter().map(|path| path.metadata().expect("a file").len()).sum());
        drop((journal, maintenance));
        let Opened { completeness, newest, .. } = opened(&path, LARGE);
        assert_ne!(completeness, Completeness::Complete);
        assert_eq!(newest, next - 1);
    }
}

#[test]
fn a_folder_that_cannot_be_used_at_first_is_used_when_it_can_be() {
    let folder = folder();
    let path = folder.path().join("file/results");
    std::fs::write(folder.path().join("file"), "").expect("writable");
    let Opened { mut journal, fault, .. } = opened(&path, LARGE);
    let fault = fault.expect("a fault");
    assert!(fault.to_string().contains("Not a directory") && fault.hides_segments, "{fault}");
    journal.push(1, b"tag", &[payload(1).as_bytes()]).expect("it is small");
    let late = separate(&journal.write().expect_err("no folder").records);
    journal.probe(1).expect_err("no folder");
    std::fs::remove_file(folder.path().join("file")).expect("writable");
    journal.probe(1).expect("a disk with room");
    journal.insert(&late).expect("a disk with room");
    append(&mut journal, 2..=3);
    assert_eq!(sequences(&path), [1, 2, 3]);
    assert!(open(Options::new(&path, LARGE), drop).is_err(), "and it is locked");
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
