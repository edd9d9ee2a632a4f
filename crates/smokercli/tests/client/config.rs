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

#[test]
fn a_named_pipe_is_refused_and_keeps_nobody_waiting() {
    let up = Fake::start(&host("server2"));
    let pipe = |run: &Run, name: &str| {
        let path = run.home().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
        path.display().to_string()
    };
    let run = Run::of(SMOKERCLI);
    pipe(&run, ".smokercli.yaml");
    let done = run.args(["-s", up.address()]).done();
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains(".smokercli.yaml: it is a named pipe"), "{}", done.stderr);
    let run = Run::of(SMOKERCLI);
    let hosts = pipe(&run, "hosts");
    let done = run.args(["--hosts-file", &hosts]).done();
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("hosts: it is a named pipe"), "{}", done.stderr);
    let shell = Run::of("bash").args(["-c", &format!("{SMOKERCLI} --hosts-file <(echo {}) -l", up.address())]).done();
    assert_eq!(shell.code, Some(0), "{}", shell.stderr);
}
