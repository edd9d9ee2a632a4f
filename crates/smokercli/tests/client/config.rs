//! The configuration file, as the program reads it.

use crate::corpus::host;
use crate::fake::Fake;
use crate::run::{Run, SMOKERCLI};

#[test]
fn the_example_loads_without_a_warning() {
    let up = Fake::start(&host("server2"));
    let example = include_str!("../../../../etc/smokercli.yaml");
    let done = Run::of(SMOKERCLI).config(example).args(["-s", up.address()]).done();
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
}

#[test]
fn an_unknown_key_causes_a_warning() {
    let up = Fake::start(&host("server2"));
    let done = Run::of(SMOKERCLI).config("bind_prot: 1\n").args(["-s", up.address()]).done();
    assert_eq!(done.code, Some(0));
    assert!(done.stderr.starts_with("WARNING: "), "{}", done.stderr);
    assert!(done.stderr.contains(".smokercli.yaml: unknown key bind_prot"), "{}", done.stderr);
}
