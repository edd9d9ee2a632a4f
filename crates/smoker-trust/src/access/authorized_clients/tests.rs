//! Lines are read, found, added and removed.

use std::fs;

use super::*;
use crate::access::client_lines::{Added, SameKey, add, remove};

fn pin(number: usize) -> Pin {
    Pin::of_public_key(&number.to_ne_bytes())
}

#[test]
fn a_broken_line_gives_nothing_and_the_others_count() {
    let (a, b, c) = (pin(1), pin(2), pin(3));
    let text = format!(
        "# who may ask\n{a} role=run name=alice\n{b} role=rnu name=bob\n\nrubbish\n{a} role=admin name=mallory\n{c} cert-authority role=read name=ours subject=web1,web2"
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
fn a_first_line_that_is_not_understood_is_not_replaced_by_a_later_one_of_its_key() {
    let a = pin(1);
    for first in [
        format!("{a} role=read name=alice fron=10.0.0.0/8"),
        format!("{a} role=read name=alice expires=soon"),
        format!("{a}"),
        format!("role=read {a} name=alice"),
        format!("from=\"10.0.0.0/8\" \"{a}\" alice"),
        format!("{a} role=read name=\"alice"),
    ] {
        let read = AuthorizedClients::parse(&format!("{first}\n{a} role=admin name=alice\n{a} role=run name=bob"));
        assert_eq!(read.clients, [], "{first}");
        let problems: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
        assert!(
            problems.len() == 3 && problems[1].starts_with("line 2: its key is in line 1 already, which is not"),
            "{problems:?}"
        );
    }
    // One that is withdrawn goes with all of its lines.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE);
    fs::write(&path, format!("{a} role=rd name=alice\n{a} role=admin name=alice\n{} role=run name=bob\n", pin(2)))
        .expect("writable");
    assert_eq!(remove(&path, &a.to_string()).expect("removed").len(), 1);
    assert_eq!(fs::read_to_string(&path).expect("there"), format!("{} role=run name=bob\n", pin(2)));
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
fn adding_leaves_the_rest_and_changes_a_known_key_only_when_that_is_meant() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE);
    let now = expiry::instant("2026-03-01").expect("a date");
    let client = |number, options: &str| {
        AuthorizedClient::from_command(&format!("{} {options}", pin(number)), now).expect("a line")
    };
    let alice = client(1, "role=read name=alice category=system");
    assert_eq!(add(&path, &alice, SameKey::Stays), Ok(Added::New));
    assert_eq!(add(&path, &alice, SameKey::Stays), Ok(Added::Same));
    let text = fs::read_to_string(&path).expect("there");
    fs::write(&path, format!("{text}broken line\n{} role=x\n# mine\n", pin(2))).expect("writable");
    let text = fs::read_to_string(&path).expect("there");

    // Neither a known line nor a broken one of the same key is changed by the way.
    let wider = client(1, "role=admin name=alice expires=1d");
    let changes = "role=read becomes role=admin, category=system is dropped, expires=2026-03-02T00:00:00Z is added";
    let bob = client(2, "role=read name=bob expires=1d");
    let broken = "line 4 of its key, which is not understood, goes";
    for (client, said) in [(&wider, changes), (&bob, broken), (&client(1, "role=read name=alice"), "is dropped")] {
        let refused = add(&path, client, SameKey::Stays).expect_err(said).to_string();
        assert!(refused.contains(said) && refused.contains("--replace"), "{refused}");
        assert_eq!(fs::read_to_string(&path).expect("there"), text);
    }
    assert_eq!(add(&path, &wider, SameKey::Replaced), Ok(Added::Replaced(changes.to_owned())));
    assert_eq!(add(&path, &bob, SameKey::Replaced), Ok(Added::Replaced(broken.to_owned())));
    let authority = client(1, "cert-authority role=admin name=alice expires=1d subject=a");
    assert_eq!(
        add(&path, &authority, SameKey::Replaced),
        Ok(Added::Replaced("cert-authority is added, subject=a is added".to_owned()))
    );
    let text = fs::read_to_string(&path).expect("there");
    let lines: Vec<_> = text.lines().skip(1).collect();
    assert_eq!(lines, [authority.line(), "broken line".to_owned(), bob.line(), "# mine".to_owned()]);
    assert_eq!(remove(&path, "nobody"), Ok(Vec::new()));
    assert_eq!(remove(&path, "alice").expect("removed").len(), 1);
    assert_eq!(remove(&path, &pin(2).to_string()).expect("removed").len(), 1);
    let left = AuthorizedClients::load(&path).expect("read");
    assert_eq!((left.clients.len(), left.problems.len()), (0, 1));
    assert!(left.limits_access() && AuthorizedClients::unreadable().limits_access());
    assert!(!AuthorizedClients::default().limits_access());
}

#[test]
fn an_authority_has_a_line_for_each_group_of_its_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE);
    let line =
        |options: &str| AuthorizedClient::parse(&format!("{} cert-authority {options}", pin(1))).expect("a line");
    let (admins, staff) =
        (line("role=admin name=admins subject=carol,dan"), line("role=read name=staff subject=alice"));
    let all = line("role=read name=all");
    for client in [&admins, &staff, &all] {
        assert_eq!(add(&path, client, SameKey::Stays), Ok(Added::New), "{}", client.line());
    }
    let read = AuthorizedClients::load(&path).expect("read");
    assert_eq!((&read.clients, read.problems), (&vec![admins.clone(), staff.clone(), all.clone()], Vec::new()));
    // Names that are among those of one line change that line; names of several lines would never count.
    let error = |options| add(&path, &line(options), SameKey::Stays).expect_err(options).to_string();
    assert!(error("role=run name=dans subject=Dan").contains("role=admin becomes role=run"));
    assert!(error("role=run name=both subject=alice,carol").contains("would not count: the names of its authority"));
    assert!(error("role=admin name=all").contains("role=read becomes role=admin"));
    // A line for some names comes before one for all.
    let eve = line("role=run name=eve subject=eve");
    assert_eq!(add(&path, &eve, SameKey::Stays), Ok(Added::New));
    assert_eq!(AuthorizedClients::load(&path).expect("read").clients[2..], [eve.clone(), all.clone()]);
    assert_eq!(remove(&path, "eve").expect("removed"), [eve]);
    let text = fs::read_to_string(&path).expect("there");
    // A line that is not understood may have been meant to give less than those behind it.
    let broken = text.replace(&staff.line(), &staff.line().replace("subject", "subjct"));
    assert_eq!(AuthorizedClients::parse(&broken).clients, std::slice::from_ref(&admins));
    assert_eq!(remove(&path, "staff").expect("removed"), std::slice::from_ref(&staff));
    assert_eq!(AuthorizedClients::load(&path).expect("read").clients, [admins.clone(), all.clone()]);
    let dans = line("role=run name=dans subject=DAN");
    assert!(matches!(add(&path, &dans, SameKey::Replaced), Ok(Added::Replaced(_))));
    assert_eq!(AuthorizedClients::load(&path).expect("read").clients, [dans, all]);
    assert_eq!(remove(&path, &pin(1).to_string()).expect("removed").len(), 2);
    assert_eq!(AuthorizedClients::load(&path).expect("read").clients, []);
}
