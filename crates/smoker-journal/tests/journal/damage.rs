//! Damage costs the damaged records only, and what is damaged is not thrown away.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use smoker_journal::content::Entry;
use smoker_journal::open::Opened;
use smoker_journal::reader;
use smoker_journal::repair::Repaired;
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
