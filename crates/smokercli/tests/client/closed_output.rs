//! Standard output that is closed when the program begins (`>&-`): a report is not lost without an error.

use crate::fake::Fake;
use crate::gate::daemon;
use crate::run::{CHECK, Done, Run, SMOKERCLI};

/// A call with streams as a shell has them.
fn run(program: &str, streams: &str, line: &str) -> Done {
    let words = line.split(' ').map(str::to_owned);
    Run::of("sh")
        .args(["-c".to_owned(), format!("exec \"$0\" \"$@\" {streams}"), program.to_owned()].into_iter().chain(words))
        .done()
}

#[test]
fn a_report_for_a_closed_output_is_an_error_before_anything_runs() {
    let fake = Fake::start(&daemon(&[("Disk", "OK")]));
    let host = fake.address();
    for line in [
        format!("-s {host}"),
        format!("-s {host} -f -e"),
        format!("-s {host} --list-hosts"),
        format!("gate -s {host} --within 5s"),
        format!("gate -s {host} --within 5s -o json=/dev/null -o text"),
        format!("baseline -s {host}"),
        format!("odd -s {host} 127.0.0.1:1 -f"),
        format!("silence -s {host} --for 1m --reason x"),
        format!("roll -s {host} --run {{host}} --state record"),
        "--help".to_owned(),
        "gate --help".to_owned(),
    ] {
        let done = run(SMOKERCLI, ">&-", &line);
        assert_eq!(done.code, Some(1), "{line}: {done:?}");
        let told = "ERROR: cannot write to standard output: it is closed; to print nothing, redirect it to /dev/null\n";
        assert!(done.stderr.ends_with(told), "{line}: {done:?}");
    }
    let methods: Vec<_> = fake.requests().iter().map(|request| request["method"].clone()).collect();
    assert!(methods.iter().all(|method| *method == "GET"), "{methods:?}");
    let done = run(CHECK, ">&-", &format!("-H {host} Disk"));
    assert_eq!(
        (done.code, done.stderr.contains("UNKNOWN: cannot write to standard output: it is closed")),
        (Some(3), true),
        "{done:?}"
    );
}

/// Who wants no output redirects it, also by a descriptor that can be read, as Python's `DEVNULL` is; and files are files.
#[test]
fn an_output_to_dev_null_and_a_closed_standard_error_are_fine() {
    let fake = Fake::start(&daemon(&[("Disk", "OK")]));
    let host = fake.address();
    for streams in [">/dev/null", "1<>/dev/null", "2>&-", "</dev/null 2>&-", "<&-"] {
        let done = run(SMOKERCLI, streams, &format!("-s {host} -f -e"));
        assert_eq!(done.code, Some(0), "{streams}: {done:?}");
        assert_eq!(
            done.stdout.is_empty(),
            streams.contains(">/dev/null") || streams.contains("<>"),
            "{streams}: {done:?}"
        );
    }
    for line in ["gate -s HOST --within 5s -o json=/dev/null", "baseline -s HOST -o /dev/null"] {
        let done = run(SMOKERCLI, ">&-", &line.replace("HOST", host));
        assert_eq!(done.code, Some(0), "{line}: {done:?}");
    }
}
