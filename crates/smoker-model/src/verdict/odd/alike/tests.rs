use super::*;

/// What a host says: plugin, component, status, message.
type Told = (&'static str, Option<&'static str>, Status, String);

fn comparison(hosts: &[Vec<Told>]) -> Comparison {
    let mut answers = Answers::new(Mask::new(["web01", "web02", "web07"]));
    for host in hosts {
        answers.add_host();
        for (plugin, component, status, message) in host {
            let messages = [("error", message.as_str())];
            answers.add(plugin, *component, *status, if message.is_empty() { &[] } else { &messages });
        }
    }
    answers.compare()
}

fn plugin(name: &'static str, status: Status, message: &str) -> Told {
    (name, None, status, message.to_owned())
}

fn component(plugin: &'static str, name: &'static str, status: Status, message: &str) -> Told {
    (plugin, Some(name), status, message.to_owned())
}

fn hosts(row: &Row) -> Vec<Vec<HostNumber>> {
    row.groups.iter().map(|group| group.hosts.clone()).collect()
}

#[test]
fn the_most_common_answer_is_the_reference() {
    let fleet: Vec<_> = (0..40)
        .map(|host| {
            let (status, text) = if [7, 31].contains(&host) { (Status::Error, "mounted ro") } else { (Status::Ok, "") };
            vec![plugin("fsmount", status, ""), component("fsmount", "/srv", status, text)]
        })
        .collect();
    let comparison = comparison(&fleet);
    assert_eq!((comparison.rows.len(), comparison.alike), (1, 0), "{comparison:?}");
    let row = &comparison.rows[0];
    assert_eq!((row.component.as_deref(), row.is_tie), (Some("/srv"), false));
    assert_eq!(row.reference().map(|group| group.hosts.len()), Some(38));
    assert_eq!(row.odd().iter().flat_map(|group| &group.hosts).collect::<Vec<_>>(), [&7, &31]);
    let messages = vec![("error".to_owned(), "mounted ro".to_owned())];
    let expected = Answer::Result { status: Status::Error, messages, lacks_components: false };
    assert_eq!(row.odd()[0].answer, expected);
}

#[test]
fn a_tie_is_decided_by_the_status_or_not_at_all() {
    let of = |answers: &[(Status, &str)]| {
        let fleet: Vec<_> = answers.iter().map(|(status, text)| vec![plugin("p", *status, text)]).collect();
        comparison(&fleet).rows
    };
    let rows = of(&[(Status::Error, "a"), (Status::Ok, "b"), (Status::Error, "a"), (Status::Ok, "b")]);
    assert!(rows[0].is_tie && rows[0].reference().is_some_and(|group| group.hosts == [1, 3]), "{rows:?}");
    let rows = of(&[(Status::Ok, "a"), (Status::Ok, "b"), (Status::Ok, "a"), (Status::Ok, "b"), (Status::Warn, "c")]);
    assert_eq!((rows[0].reference(), rows[0].odd().len()), (None, 3));
    let rows = of(&[(Status::Ok, "a"), (Status::Ok, "b"), (Status::Ok, "c")]);
    assert_eq!((rows[0].reference(), rows[0].odd().len(), rows[0].is_tie), (None, 3, true));
    assert_eq!(of(&[(Status::Ok, "a")]), []);
    assert_eq!(of(&[]), []);
}

#[test]
fn what_some_hosts_do_not_have_is_an_answer_too() {
    let with = vec![plugin("a", Status::Ok, ""), plugin("b", Status::Ok, "")];
    let without = vec![plugin("a", Status::Ok, "")];
    let rows = comparison(&[with.clone(), without.clone(), with.clone()]).rows;
    assert_eq!((rows.len(), hosts(&rows[0])), (1, vec![vec![0, 2], vec![1]]));
    assert_eq!(rows[0].odd()[0].answer, Answer::Absent);
    let rows = comparison(&[without.clone(), without, with]).rows;
    assert!(rows[0].reference().is_some_and(|group| group.answer == Answer::Absent), "{rows:?}");
}

#[test]
fn components_are_compared_where_a_result_has_some() {
    let whole =
        vec![plugin("m", Status::Ok, ""), component("m", "x", Status::Ok, ""), component("m", "y", Status::Ok, "")];
    let part = vec![plugin("m", Status::Ok, ""), component("m", "x", Status::Ok, "")];
    let failed = vec![plugin("m", Status::Error, "timeout")];
    let bare = vec![plugin("m", Status::Ok, "")];
    let rows = comparison(&[whole.clone(), part, failed, bare, whole.clone(), whole.clone(), vec![]]).rows;
    let found: Vec<_> = rows.iter().map(|row| (row.component.as_deref(), hosts(row))).collect();
    // The result that timed out, that without components and the host without the plugin count for the plugin alone.
    assert_eq!(
        found,
        [(None, vec![vec![0, 1, 4, 5], vec![3], vec![2], vec![6]]), (Some("y"), vec![vec![0, 4, 5], vec![1]])]
    );
    let twice =
        vec![plugin("m", Status::Ok, ""), component("m", "x", Status::Ok, ""), component("m", "x", Status::Ok, "odd")];
    let rows = comparison(&[twice.clone(), twice, whole]).rows;
    assert!(rows.iter().any(|row| row.component.as_deref() == Some("x (2)")), "{rows:?}");
}

#[test]
fn messages_are_shown_as_they_came_when_all_sent_the_same() {
    let rows = comparison(&[
        vec![plugin("p", Status::Ok, "5 of 7")],
        vec![plugin("p", Status::Ok, "5 of 7")],
        vec![plugin("p", Status::Ok, "full at 97%")],
        vec![plugin("p", Status::Ok, "full at 98%")],
        vec![plugin("p", Status::Ok, "5 of 7")],
    ])
    .rows;
    let texts: Vec<_> = rows[0]
        .groups
        .iter()
        .map(|group| match &group.answer {
            Answer::Result { messages, .. } => messages[0].1.as_str(),
            Answer::Absent => "",
        })
        .collect();
    assert_eq!(texts, ["5 of 7", "full at <n>%"]);
}

#[test]
fn the_order_and_the_number_of_messages_that_are_alike_do_not_matter() {
    let mut answers = Answers::new(Mask::default());
    for messages in
        [[("info", "b"), ("error", "slot 1"), ("error", "slot 2")].as_slice(), &[("error", "slot 9"), ("info", "b")]]
    {
        answers.add_host();
        answers.add("p", None, Status::Ok, messages);
    }
    assert_eq!(answers.compare().rows, []);
    // The level belongs to the answer.
    answers.add_host();
    answers.add("p", None, Status::Ok, &[("warn", "slot 9"), ("info", "b")]);
    assert_eq!(answers.compare().rows.len(), 1);
}

/// A fleet at random, with few different answers.
fn fleet(random: &mut fastrand::Rng) -> Vec<Vec<Told>> {
    let statuses = [Status::Ok, Status::Warn, Status::Error, Status::Unknown];
    let names = ["a", "b"];
    (0..random.usize(..9))
        .map(|_| {
            let mut told = Vec::new();
            for name in names.iter().take(random.usize(..3)) {
                told.push(plugin(name, statuses[random.usize(..2)], ["", "x", "y"][random.usize(..3)]));
                for part in ["c", "d"].iter().take(random.usize(..3)) {
                    told.push(component(name, part, statuses[random.usize(..4)], ["", "1", "z"][random.usize(..3)]));
                }
            }
            told
        })
        .collect()
}

#[test]
fn groups_divide_the_hosts_whatever_their_order_is() {
    for seed in 0..3_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let fleet = fleet(&mut random);
        let before = comparison(&fleet);
        for row in &before.rows {
            let mut all: Vec<_> = row.groups.iter().flat_map(|group| group.hosts.clone()).collect();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert!(all.len() == count && row.groups.len() > 1, "seed {seed}: {row:?}");
            if row.component.is_none() {
                assert_eq!(count, fleet.len(), "seed {seed}");
            }
        }
        let mut order: Vec<_> = (0..fleet.len()).collect();
        random.shuffle(&mut order);
        let shuffled: Vec<_> = order.iter().map(|host| fleet[*host].clone()).collect();
        let sets = |comparison: &Comparison, original: &dyn Fn(HostNumber) -> usize| {
            let mut rows: Vec<_> = comparison
                .rows
                .iter()
                .map(|row| {
                    let set = |group: &Group| {
                        let mut hosts: Vec<_> = group.hosts.iter().map(|host| original(*host)).collect();
                        hosts.sort_unstable();
                        hosts
                    };
                    let mut groups: Vec<_> = row.groups.iter().map(set).collect();
                    groups.sort();
                    let reference = row.reference().map(set);
                    (row.plugin.clone(), row.component.clone(), groups, reference)
                })
                .collect();
            rows.sort();
            rows
        };
        let same = |host: HostNumber| host as usize;
        let moved = |host: HostNumber| order[host as usize];
        assert_eq!(sets(&before, &same), sets(&comparison(&shuffled), &moved), "seed {seed}");
        // A fleet that says the same twice has nothing odd.
        if let Some(host) = fleet.first() {
            assert_eq!(comparison(&[host.clone(), host.clone(), host.clone()]).rows, [], "seed {seed}");
        }
    }
}

/// A host for each text: the status of `Db`, then what `App` and `Web` do: `o` they are OK, `e` in ERROR, `d` skipped because of
/// `Db`, `a` because of `App`.
fn compared(hosts: &[&str]) -> Comparison {
    let mut answers = Answers::default();
    for host in hosts {
        answers.add_host();
        for (plugin, state) in ["Db", "App", "Web"].into_iter().zip(host.chars()) {
            let (status, parent) = match state {
                'o' => (Status::Ok, None),
                'e' => (Status::Error, None),
                'd' => (Status::Unknown, Some("Db")),
                _ => (Status::Unknown, Some("App")),
            };
            answers.add(plugin, None, status, &[("info", &format!("{state:?}"))]);
            if let Some(parent) = parent {
                answers.add_skipped(plugin, parent);
            }
        }
    }
    answers.compare()
}

fn shown(comparison: &Comparison) -> Vec<String> {
    let row = |row: &Row| {
        let groups: Vec<_> = row.groups.iter().map(|group| format!("{:?}", group.hosts)).collect();
        let more =
            row.consequences.iter().fold(String::new(), |text, it| text + &format!("; {} {:?}", it.plugin, it.hosts));
        format!("{} {}{more}", row.plugin, groups.join(" "))
    };
    comparison.rows.iter().map(row).collect()
}

#[test]
fn what_is_skipped_is_shown_under_its_cause_alone() {
    for (hosts, expected) in [
        (["ooo", "ooo", "edd", "edd"].as_slice(), ["Db [0, 1] [2, 3]; App [2, 3]; Web [2, 3]"].as_slice()),
        // The cause is on most hosts.
        (&["ooo", "edd", "edd"], &["Db [1, 2] [0]; App [1, 2]; Web [1, 2]"]),
        // One that is skipped because of another one that is skipped.
        (&["ooo", "ooo", "eda"], &["Db [0, 1] [2]; App [2]; Web [2]"]),
        // What differs besides stays, among the hosts that run it.
        (&["ooo", "ooo", "oeo", "edo"], &["Db [0, 1, 2] [3]; App [3]", "App [0, 1] [2]"]),
        // A cause that is not shown: it is the same everywhere, or good where it is said to be the cause.
        (&["eoo", "edo"], &["App [0] [1]"]),
        (&["ooo", "odo", "eoo"], &["Db [0, 1] [2]", "App [0, 2] [1]"]),
        // A circle, which no daemon has.
        (&["ooo", "oaa"], &["App [0] [1]", "Web [0] [1]"]),
    ] {
        assert_eq!(shown(&compared(hosts)), expected, "{hosts:?}");
    }
}

#[test]
fn components_that_are_named_after_their_hosts_are_compared_with_each_other() {
    let of = |urls: &[&[&'static str]]| {
        let bad = |url: &str| if url.contains("bad") { Status::Error } else { Status::Ok };
        let host = |urls: &&[&'static str]| {
            let components = urls.iter().map(|url| component("app", url.trim_start_matches("bad "), bad(url), ""));
            std::iter::once(plugin("app", Status::Ok, "")).chain(components).collect()
        };
        let rows = comparison(&urls.iter().map(host).collect::<Vec<_>>()).rows;
        rows.iter().map(|row| (row.component.clone().unwrap_or_default(), hosts(row))).collect::<Vec<_>>()
    };
    let row = |component: &str, hosts: &[&[HostNumber]]| {
        (component.to_owned(), hosts.iter().map(|group| group.to_vec()).collect::<Vec<_>>())
    };
    assert_eq!(of(&[&["http://web01/"], &["http://web02/"], &["http://web07/"]]), []);
    assert_eq!(of(&[&["[10.0.0.1]:80 up"], &["[10.0.0.2]:80 up"]]), []);
    let odd = of(&[&["http://web01/"], &["bad http://web02/"], &["http://web07/"]]);
    assert_eq!(odd, [row("http://<host>/", &[&[0, 2], &[1]])]);
    let lacks = of(&[&["disk", "http://web01/"], &["disk"], &["disk", "http://web07/"]]);
    assert_eq!(lacks, [row("http://<host>/", &[&[0, 2], &[1]])]);
    // All ask one host, and each asks all.
    assert_eq!(of(&[&["http://web01/"][..]; 3]), []);
    assert_eq!(of(&[&["http://web01/", "http://web02/"][..]; 3]), []);
    // One asks two: which of them is like those of the others is not known.
    let two = of(&[&["http://web01/", "http://web02/"], &["http://web07/"]]);
    assert_eq!(two.len(), 3, "{two:?}");
}
