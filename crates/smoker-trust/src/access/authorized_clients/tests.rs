//! Lines are read, found, added and removed.

use std::fs;

use super::*;

fn pin(number: usize) -> Pin {
    Pin::of_public_key(&number.to_ne_bytes())
}

#[test]
fn a_broken_line_gives_nothing_and_the_others_count() {
    let (a, b) = (pin(1), pin(2));
    let text = format!(
        "# who may ask\n{a} role=run name=alice\n{b} role=rnu name=bob\n\nrubbish\n{a} role=admin name=mallory\n{b} cert-authority role=read name=ours subject=web1,web2"
    );
    let read = AuthorizedClients::parse(&text);
    let names: Vec<_> = read.clients.iter().map(|client| client.grant.name.as_str()).collect();
    assert_eq!(names, ["alice", "ours"]);
    assert_eq!(read.clients[1].subjects, ["web1", "web2"]);
    let problems: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
    assert!(problems[0].starts_with("line 3: \"rnu\" is not a role"), "{problems:?}");
    assert!(problems[1].starts_with("line 5: \"rubbish\" is not a pin"), "{problems:?}");
    assert!(problems[2].starts_with("line 6: its key is in line 2 already"), "{problems:?}");
    assert_eq!(problems.len(), 3);
}

#[test]
fn a_line_is_read_as_it_is_written() {
    for options in [
        "role=run name=alice",
        "cert-authority role=read name=ours subject=\"a b,c\"",
        "role=admin name=x expires=2027-01-31T00:00:00Z from=10.0.0.0/8 plugin=a,b category=c component=d type=e",
    ] {
        let line = format!("{} {options}", pin(1));
        assert_eq!(AuthorizedClient::parse(&line).expect("a line").line(), line);
    }
    for (options, reason) in [
        ("role=run name=a subject=b", "cert-authority"),
        ("role=run name=a cert-authority=yes", "write it alone"),
        ("role=run name=a cert-authority subject=,", "no name"),
        ("role=run name=a expires=90d", "no date"),
        ("role=run name=a cert-autority", "did you mean cert-authority?"),
    ] {
        let error = AuthorizedClient::parse(&format!("{} {options}", pin(1))).expect_err(options);
        assert!(error.contains(reason), "{options}: {error}");
    }
}

#[test]
fn adding_replaces_the_line_of_the_same_key_and_leaves_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE);
    let now = expiry::instant("2026-03-01").expect("a date");
    let client = |number, options: &str| {
        AuthorizedClient::from_command(&format!("{} {options}", pin(number)), now).expect("a line")
    };
    assert!(add(&path, &client(1, "role=run name=alice")).expect("added").is_first);
    let text = fs::read_to_string(&path).expect("there");
    fs::write(&path, format!("{text}broken line\n{} role=x\n# mine\n", pin(2))).expect("writable");
    let added = add(&path, &client(2, "role=read name=bob expires=1d")).expect("added");
    assert_eq!((added.is_first, added.replaced), (false, None));
    let added = add(&path, &client(1, "role=admin name=alice")).expect("added");
    assert_eq!(added.replaced.expect("a line").grant.role, crate::role::Role::Run);
    let text = fs::read_to_string(&path).expect("there");
    let lines: Vec<_> = text.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            format!("{} role=admin name=alice", pin(1)),
            "broken line".to_owned(),
            format!("{} role=read name=bob expires=2026-03-02T00:00:00Z", pin(2)),
            "# mine".to_owned()
        ]
    );
    assert_eq!(remove(&path, "nobody"), Ok(Vec::new()));
    assert_eq!(remove(&path, "alice").expect("removed").len(), 1);
    assert_eq!(remove(&path, &pin(2).to_string()).expect("removed").len(), 1);
    let left = AuthorizedClients::load(&path).expect("read");
    assert_eq!((left.clients.len(), left.problems.len()), (0, 1));
}
