//! Whether records may be missing is known after a restart, also where the disk had no room for another byte.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

use smoker_journal::completeness::Completeness;
use smoker_journal::open::Opened;

use crate::faults::{faulty, try_append};
use crate::fixture::{LARGE, append, folder, opened, segments};

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
    drop((journal, maintenance));
    assert_eq!(completeness(), Completeness::Complete);
}

#[test]
fn notes_of_earlier_versions_are_understood() {
    let folder = folder();
    append(&mut opened(folder.path(), LARGE).journal, 1..=3);
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    for (note, expected) in
        [("", Completeness::Complete), (&boot, Completeness::Complete), ("x", Completeness::Unsynced)]
    {
        fs::write(folder.path().join("complete"), note).expect("writable");
        assert_eq!(opened(folder.path(), LARGE).completeness, expected, "{note:?}");
        fs::remove_file(folder.path().join("incomplete")).expect("it is not complete while it is written");
    }
}

/// So that no number is given twice: its clients would miss what comes with a number that they have seen.
#[test]
fn a_copy_and_what_lacks_its_newest_records_are_not_complete_and_numbers_go_on_behind_those_that_there_were() {
    let folder = folder();
    let path = folder.path();
    let copy = path.join("copy");
    let fill = |folder: &Path| {
        let Opened { mut journal, maintenance, .. } = opened(folder, 1);
        append(&mut journal, 1..=500);
        journal.declare_complete().expect("a disk with room");
        append(&mut journal, 501..=1000);
        (journal, maintenance)
    };
    let copy_to = |from: &Path, to: &Path| {
        fs::create_dir(to).expect("writable");
        for entry in fs::read_dir(from).expect("a folder") {
            let from = entry.expect("an entry").path();
            fs::copy(&from, to.join(from.file_name().expect("a name"))).expect("writable");
        }
    };
    let source = path.join("source");
    let writing = fill(&source);
    copy_to(&source, &copy);
    let found = opened(&copy, LARGE);
    assert_eq!((found.completeness, found.newest), (Completeness::Copied, 1000));
    writing.1.declare_synced().expect("a disk with room");
    drop((writing, found));
    let found = opened(&source, LARGE);
    assert_eq!((found.completeness, found.newest), (Completeness::Complete, 1000));
    drop(found);

    // While it was written, or after it was closed in order.
    for is_closed in [false, true] {
        for kind in ["removed", "empty", "all removed"] {
            let path = path.join(format!("{kind} {is_closed}"));
            let (journal, maintenance) = fill(&path);
            if is_closed {
                maintenance.declare_synced().expect("a disk with room");
            }
            drop((journal, maintenance));
            let newest = segments(&path).pop().expect("some");
            match kind {
                "removed" => fs::remove_file(newest).expect("writable"),
                "empty" => fs::write(newest, "").expect("writable"),
                _ => segments(&path).iter().for_each(|path| fs::remove_file(path).expect("writable")),
            }
            let found = opened(&path, LARGE);
            let lost = found.survey.newest.is_none_or(|newest| newest < 1000);
            // The number of the newest record is noted at the end, and whenever a segment is begun.
            let is_known = is_closed || kind != "empty" || found.completeness == Completeness::Incomplete;
            assert!(lost && is_known, "{kind} {is_closed}: {found:?}");
            assert!(kind == "empty" || found.completeness == Completeness::Incomplete, "{kind} {is_closed}");
            assert!(found.newest > 500 && (!is_closed || found.newest == 1000), "{kind} {is_closed}: {}", found.newest);
        }
    }
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
