//! Whether records may be missing is known after a restart, also where the disk had no room for another byte.

use std::fs;
use std::sync::atomic::Ordering::Relaxed;

use smoker_journal::completeness::Completeness;
use smoker_journal::open::Opened;

use crate::faults::{faulty, try_append};
use crate::fixture::{LARGE, append, folder, opened};

#[test]
fn a_journal_is_complete_when_its_writer_has_said_so_and_lost_nothing_since() {
    let folder = folder();
    let completeness = || opened(folder.path(), LARGE).completeness;
    assert_eq!(completeness(), Completeness::Complete, "nothing was written");
    append(&mut opened(folder.path(), LARGE).journal, 1..=3);
    assert_eq!(completeness(), Completeness::Unknown, "as a writer of an earlier version");
    opened(folder.path(), LARGE).journal.declare_complete().expect("a disk with room");
    assert_eq!(completeness(), Completeness::Complete);
    assert_eq!(completeness(), Completeness::Incomplete, "the last one has not said so");
    let Opened { journal, maintenance, .. } = opened(folder.path(), LARGE);
    journal.declare_complete().expect("a disk with room");
    // Another start of the machine.
    fs::write(folder.path().join("complete"), "another").expect("writable");
    drop((journal, maintenance));
    assert_eq!(completeness(), Completeness::Unsynced);
    let Opened { journal, maintenance, .. } = opened(folder.path(), LARGE);
    maintenance.declare_synced().expect("nothing to do");
    drop((journal, maintenance));
    assert_eq!(completeness(), Completeness::Incomplete, "only what is complete can be synced");
    let Opened { journal, maintenance, .. } = opened(folder.path(), LARGE);
    journal.declare_complete().expect("a disk with room");
    maintenance.declare_synced().expect("a disk with room");
    assert_eq!(fs::read(folder.path().join("complete")).expect("a file"), b"", "in any start of the machine");
    drop((journal, maintenance));
    assert_eq!(completeness(), Completeness::Complete);
}

#[test]
fn a_full_disk_and_one_that_does_not_sync_make_it_incomplete() {
    for fails_sync in [false, true] {
        let folder = folder();
        let (mut opened, faults) = faulty(folder.path());
        append(&mut opened.journal, 1..=3);
        opened.journal.declare_complete().expect("a disk with room");
        if fails_sync {
            faults.fails_sync.store(true, Relaxed);
            opened.maintenance.sync().expect_err("a sync that fails");
        } else {
            faults.room.store(0, Relaxed);
            assert_eq!(try_append(&mut opened, 4..6), 2);
            assert!(opened.journal.probe(1).is_err());
            faults.room.store(1 << 20, Relaxed);
            opened.journal.probe(1 << 20).expect("there is room for that");
            faults.room.store(1 << 20, Relaxed);
            assert!(opened.journal.probe((1 << 20) + 1).is_err());
        }
        drop(opened);
        assert_eq!(faulty(folder.path()).0.completeness, Completeness::Incomplete);
        assert!(!folder.path().join("results-probe.new").exists());
    }
}
