//! Journals of earlier versions stay readable. `tests/kept` has one of each layout, written by the version that began it;
//! `SMOKER_KEEP_JOURNAL` names a folder to write one like them into.

use std::path::Path;

use smoker_journal::open::{Opened, Options, open};
use smoker_journal::record::MAX_BODY;
use smoker_journal::survey::Survey;

use crate::fixture::{LARGE, append, sequences};

const RECORDS: u64 = 40;

#[test]
fn the_first_layout_is_readable() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kept/layout-1");
    if let Some(folder) = std::env::var_os("SMOKER_KEEP_JOURNAL") {
        let Opened { mut journal, .. } = open(Options::new(Path::new(&folder), LARGE), drop).expect("a journal");
        append(&mut journal, 1..=RECORDS);
    }
    assert_eq!(sequences(&kept), (1..=RECORDS).collect::<Vec<_>>());
    let survey = Survey::of(&kept, drop).expect("a folder");
    assert!(survey.damage.is_empty() && survey.torn.is_none(), "{survey:?}");
    assert!(survey.bytes < MAX_BODY as u64);
}
