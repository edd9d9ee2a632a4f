//! Damage costs the damaged records only, and what is damaged is not thrown away.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use smoker_journal::open::Opened;
use smoker_journal::reader;
use smoker_journal::record::encode;
use smoker_journal::repair::Repaired;
use smoker_journal::segments::content::{Entry, entries_of};
use smoker_journal::survey::Survey;

use crate::fixture::{LARGE, append, files, folder, opened, segments, sequences};

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("a file");
    bytes[at] ^= 0x10;
    fs::write(path, bytes).expect("writable");
}

/// A named pipe would keep its reader waiting for ever, and a huge file takes memory.
#[test]
fn what_is_no_segment_in_the_place_of_one_is_reported_and_harms_no_other() {
    for kind in ["pipe", "folder", "link", "huge"] {
        let folder = folder();
        append(&mut opened(folder.path(), LARGE).journal, 1..=10);
        for number in [0, 9] {
            let path = folder.path().join(format!("results-{number:08}.log"));
            match kind {
                "pipe" => mkfifo(&path, Mode::S_IRWXU).expect("writable"),
                "folder" => fs::create_dir(&path).expect("writable"),
                "link" => symlink("/dev/zero", &path).expect("writable"),
                _ => File::create(&path).and_then(|file| file.set_len(LARGE)).expect("writable"),
            }
        }
        let Opened { mut journal, .. } = opened(folder.path(), LARGE);
        append(&mut journal, 11..=12);
        let read: Vec<_> = reader::oldest_first(folder.path(), 0).expect("a folder").collect();
        let numbers: Vec<_> = read.iter().flatten().map(Entry::sequence).collect();
        let is_reported = read.iter().any(Result::is_err);
        assert_eq!((numbers, is_reported), ((1..=12).collect(), true), "{kind}");
    }
}

#[test]
fn a_torn_end_of_the_newest_segment_is_cut_and_written_on() {
    let folder = folder();
    append(&mut opened(folder.path(), LARGE).journal, 1..=10);
    let [segment] = &*segments(folder.path()) else { panic!("not one segment") };
    let whole = fs::read(segment).expect("a file");
    fs::write(segment, &whole[..whole.len() - 3]).expect("writable");
    let Opened { mut journal, survey, kept, .. } = opened(folder.path(), LARGE);
    assert!(survey.torn.is_some() && survey.damage.is_empty() && kept.is_empty(), "{survey:?}");
    append(&mut journal, 11..=12);
    assert_eq!(sequences(folder.path()), [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]);
    let survey = Survey::of(folder.path(), drop).expect("a folder");
    assert!(survey.torn.is_none() && survey.damage.is_empty(), "{survey:?}");
    assert_eq!(segments(folder.path()).len(), 1);
}

#[test]
fn other_damage_is_reported_and_kept_and_nothing_is_cut() {
    let folder = folder();
    append(&mut opened(folder.path(), LARGE).journal, 1..=10);
    let segment = segments(folder.path()).remove(0);
    let size = fs::metadata(&segment).expect("a file").len();
    // The second and the last record of ten that are equally long, but for the two digits of the last.
    flip(&segment, 200);
    flip(&segment, usize::try_from(size).expect("small") - 1);
    let damaged = fs::read(&segment).expect("a file");
    let Opened { mut journal, survey, kept, .. } = opened(folder.path(), LARGE);
    assert_eq!((survey.damage.len(), kept.len()), (2, 1), "{survey:?}");
    append(&mut journal, 11..=12);
    assert_eq!(sequences(folder.path()), [1, 3, 4, 5, 6, 7, 8, 9, 11, 12]);
    assert_eq!(fs::read(&segment).expect("a file"), damaged, "a damaged segment is not written");
    assert_eq!(fs::read(&kept[0]).expect("a file"), damaged);
    drop(journal);
    assert!(opened(folder.path(), LARGE).kept.is_empty(), "the copy is made once");
}

#[test]
fn a_file_that_is_no_segment_at_all_costs_nothing_else() {
    let folder = folder();
    append(&mut opened(folder.path(), LARGE).journal, 1..=3);
    fs::write(folder.path().join("results-00000007.log"), "a text that is no record").expect("writable");
    fs::create_dir(folder.path().join("results-00000009.log")).expect("a folder");
    fs::write(folder.path().join("results-1.log"), "not ours").expect("writable");
    let Opened { mut journal, survey, .. } = opened(folder.path(), LARGE);
    assert_eq!((survey.newest, survey.damage.len(), survey.unreadable.len()), (Some(3), 1, 1));
    append(&mut journal, 4..=5);
    let names: Vec<_> =
        segments(folder.path()).iter().filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect();
    assert!(names.contains(&"results-00000010.log".to_owned()), "{names:?}");
    let mut seen = Vec::new();
    Survey::of(folder.path(), |entry| seen.push(entry.sequence())).expect("a folder");
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

#[test]
fn a_repaired_journal_has_all_records_and_no_damage_and_keeps_each_damaged_file_aside() {
    let folder = folder();
    let path = folder.path();
    append(&mut opened(path, LARGE).journal, 1..=10);
    let segment = segments(path).remove(0);
    flip(&segment, 200);
    let damaged = fs::read(&segment).expect("a file");
    append(&mut opened(path, LARGE).journal, 11..=13);
    fs::write(path.join("results-00000007.log"), "a text that is no record").expect("writable");
    fs::create_dir(path.join("results-00000009.log")).expect("a folder");
    let repaired = opened(path, LARGE).maintenance.repair().expect("a disk with room");
    let expected = |name: &str, records, damaged| Repaired { path: path.join(name), records, damaged };
    assert_eq!((&repaired[0].path, repaired[0].records), (&segment, 9));
    assert_eq!(repaired[1], expected("results-00000007.log", 0, 24));
    assert_eq!((repaired.len(), &repaired[2].path), (3, &path.join("results-00000009.log")));
    let survey = Survey::of(path, drop).expect("a folder");
    assert!(survey.is_sound() && survey.torn.is_none(), "{survey:?}");
    assert_eq!(survey.copies.len(), 3);
    assert_eq!(fs::read(&survey.copies[0]).expect("a copy"), damaged);
    assert_eq!(sequences(path), [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    let Opened { mut journal, mut maintenance, kept, survey, .. } = opened(path, LARGE);
    assert_eq!(
        (maintenance.repair().expect("nothing to do"), kept.len(), maintenance.size()),
        (vec![], 0, survey.bytes)
    );
    append(&mut journal, 14..=14);
    drop(journal);
    // The same segment is damaged once more: what was kept first stays.
    flip(&segment, 60);
    assert_eq!(opened(path, LARGE).maintenance.repair().expect("a disk with room").len(), 1);
    assert_eq!(files(path, "damaged").len(), 4);
    assert_eq!(fs::read(&files(path, "damaged")[1]).expect("a copy"), damaged, "2.damaged sorts first");
}

#[test]
fn copies_of_damaged_segments_are_bounded() {
    let folder = folder();
    let limit = 1 << 20;
    for number in 1..=20 {
        let name = format!("results-{number:08}.log");
        fs::write(folder.path().join(name), vec![b'x'; 100 << 10]).expect("writable");
    }
    assert_eq!(opened(folder.path(), limit).kept.len(), 10);
    assert_eq!(files(folder.path(), "damaged").len(), 10);
}

/// Ten records in each of six segments.
fn six_segments(path: &Path) -> Vec<std::path::PathBuf> {
    for begin in (1..60).step_by(10) {
        let Opened { mut journal, .. } = opened(path, LARGE);
        append(&mut journal, begin..begin + 10);
        drop(journal);
        // As if it were full.
        let last = segments(path).pop().expect("a segment");
        let number = segments(path).len() + 1;
        fs::write(path.join(format!("results-{number:08}.log")), "").expect("writable");
        assert!(last.exists());
    }
    fs::remove_file(segments(path).pop().expect("the empty one")).expect("writable");
    segments(path)
}

#[test]
fn files_that_are_copied_renamed_or_exchanged_hide_no_record() {
    for kind in ["copied", "renamed", "exchanged", "restored", "stray record", "in the middle", "two writers"] {
        let folder = folder();
        let path = folder.path();
        let all = six_segments(path);
        assert_eq!((all.len(), sequences(path).len()), (6, 60));
        let other = path.join("results-00000099.log");
        let mut is_sound = true;
        match kind {
            "copied" => drop(fs::copy(&all[0], &other).expect("writable")),
            "renamed" => fs::rename(&all[0], &other).expect("writable"),
            "exchanged" => {
                fs::rename(&all[0], &other).expect("writable");
                fs::rename(&all[1], &all[0]).expect("writable");
                fs::rename(&other, &all[1]).expect("writable");
            }
            // What was in the newest one when the copy was made.
            "restored" => {
                let bytes = fs::read(&all[5]).expect("a file");
                fs::write(&other, &bytes[..bytes.len() / 2]).expect("writable");
                fs::write(
                    &other,
                    entries_of(fs::read(&other).expect("a file")).0.iter().flat_map(encoded).collect::<Vec<_>>(),
                )
                .expect("writable");
            }
            "two writers" => {
                let mut bytes = Vec::new();
                for sequence in 41..=44 {
                    encode(&mut bytes, sequence, b"tag", &[b"another"]).expect("it is small");
                }
                fs::write(path.join("results-00000000.log"), bytes).expect("writable");
                is_sound = false;
            }
            kind => {
                let mut bytes = fs::read(&all[5]).expect("a file");
                let mut stray = Vec::new();
                encode(&mut stray, 5, b"tag", &[b"stray"]).expect("it is small");
                let at = if kind == "stray record" { bytes.len() } else { bytes.len() / 2 };
                let at: usize = entries_of(bytes[..at].to_vec()).0.iter().map(Entry::size).sum();
                drop(bytes.splice(at..at, stray));
                fs::write(&all[5], bytes).expect("writable");
                is_sound = false;
            }
        }
        let survey = Survey::of(path, drop).expect("a folder");
        assert_eq!((survey.is_sound(), survey.newest, survey.records), (is_sound, Some(60), 60), "{kind}: {survey:?}");
        assert_eq!(sequences(path), (1..=60).collect::<Vec<_>>(), "{kind}");
        let Opened { mut journal, mut maintenance, .. } = opened(path, LARGE);
        append(&mut journal, 61..=65);
        assert_eq!(sequences(path), (1..=65).collect::<Vec<_>>(), "{kind}");
        // Also compacted it has all of them.
        maintenance.set_max_size(1);
        let is_kept = |entry: &Entry| (entry.payload() != b"another" && entry.payload() != b"stray").then_some(0);
        let _ = maintenance.compact(is_kept);
    }
}

fn encoded(entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&mut bytes, entry.sequence(), entry.tag(), &[entry.payload()]).expect("it is small");
    bytes
}

/// A name that is nearly that of a segment, or whose number leaves no room for others.
#[test]
fn names_and_numbers_that_the_journal_never_gives_harm_nothing() {
    let folder = folder();
    let path = folder.path();
    append(&mut opened(path, LARGE).journal, 1..=3);
    let mut far = Vec::new();
    encode(&mut far, u64::MAX, b"tag", &[b"far"]).expect("it is small");
    for name in
        ["results-18446744073709551615.log", "results-0000000000000000001.log", "results-9223372036854775808.log"]
    {
        fs::write(path.join(name), &far).expect("writable");
    }
    fs::create_dir(path.join("results-probe.new")).expect("writable");
    fs::create_dir(path.join("results-00000001.new")).expect("writable");
    fs::write(path.join("results-of-mine.new"), "mine").expect("writable");
    let Opened { mut journal, survey, fault, .. } = opened(path, LARGE);
    assert_eq!((survey.newest, survey.segments, fault.is_none()), (Some(3), 1, true));
    journal.probe(1).expect("a disk with room");
    append(&mut journal, 4..=6);
    assert!(path.join("results-of-mine.new").exists());
    let numbers: Vec<_> = reader::oldest_first(path, 0).expect("a folder").flatten().map(|it| it.sequence()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
}
