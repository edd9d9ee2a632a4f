use super::*;

fn hosts(count: HostNumber) -> Vec<HostNumber> {
    (0..count).collect()
}

fn without(all: &[HostNumber], odd: &[HostNumber]) -> Vec<HostNumber> {
    all.iter().copied().filter(|host| !odd.contains(host)).collect()
}

#[test]
fn the_fact_that_separates_is_named_with_exact_counts() {
    let mut facts = Facts::default();
    let all = hosts(39);
    let odd = [7, 31];
    for host in &all {
        facts.add(*host, FactKind::Label, "rack", &format!("r{}", host % 6));
        facts.add(*host, FactKind::Group, "web", "");
        let kernel = if odd.contains(host) { "5.10" } else { "6.1" };
        facts.add(*host, FactKind::Uname, "Uname", kernel);
    }
    facts.add(7, FactKind::Group, "canary", "");
    facts.add(31, FactKind::Group, "canary", "");
    let found = facts.separating(&odd, &without(&all, &odd), |_, _| true);
    let named: Vec<_> =
        found.iter().map(|it| (it.fact.kind, it.fact.name.as_str(), it.fact.value.as_deref())).collect();
    assert_eq!(named, [(FactKind::Group, "canary", Some("")), (FactKind::Uname, "Uname", Some("5.10"))]);
    let best = &found[0];
    assert_eq!((best.odd_with, best.odd, best.others_with, best.others), (2, 2, 0, 37));
    assert!((best.probability - 1.0 / 741.0).abs() < 1e-12 && !best.may_be_chance);
    let found = facts.separating(&odd, &without(&all, &odd), |kind, name| (kind, name) != (FactKind::Uname, "Uname"));
    assert_eq!(found.len(), 1);
}

#[test]
fn not_having_something_can_separate_and_three_facts_are_enough() {
    let mut facts = Facts::default();
    let all = hosts(20);
    let odd = hosts(5);
    let others = without(&all, &odd);
    for host in &others {
        for name in ["a", "b", "c", "d"] {
            facts.add(*host, FactKind::Group, name, "");
        }
    }
    let found = facts.separating(&odd, &others, |_, _| true);
    assert_eq!(found.iter().map(|it| it.fact.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(found.iter().all(|it| it.fact.value.is_none() && it.odd_with == 5 && it.others_with == 0));
}

#[test]
fn nothing_is_named_where_nothing_separates() {
    let all = hosts(40);
    let odd = hosts(20);
    let others = without(&all, &odd);
    let mut facts = Facts::default();
    for host in &all {
        facts.add(*host, FactKind::Label, "half", if host % 2 == 0 { "x" } else { "y" });
        facts.add(*host, FactKind::Label, "all", "same");
        facts.add(*host, FactKind::Label, "own", &host.to_string());
    }
    assert_eq!(facts.separating(&odd, &others, |_, _| true), []);
    assert_eq!(facts.separating(&[], &all, |_, _| true), []);
    assert_eq!(facts.separating(&all, &[], |_, _| true), []);
    // Everything about a single host separates it.
    assert_eq!(facts.separating(&[3], &without(&all, &[3]), |_, _| true), []);
}

#[test]
fn few_hosts_prove_nothing_but_an_exact_split_is_named() {
    let mut facts = Facts::default();
    for host in hosts(6) {
        facts.add(host, FactKind::Label, "kernel", if host < 3 { "old" } else { "new" });
    }
    let found = facts.separating(&[0, 1, 2], &[3, 4, 5], |_, _| true);
    assert!(found.len() == 1 && found[0].may_be_chance && (found[0].probability - 0.1).abs() < 1e-12, "{found:?}");
    assert_eq!(facts.separating(&[0, 1, 3], &[2, 4, 5], |_, _| true), []);
}

/// Labels that have nothing to do with which hosts differ are rarely named, however many there are.
#[test]
fn chance_is_seldom_taken_for_a_fact() {
    const TRIES: u64 = 400;
    let mut named = 0;
    for seed in 0..TRIES {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut facts = Facts::default();
        let all = hosts(random.u32(20..80));
        for label in 0..random.u32(1..25) {
            let values = random.u32(1..6);
            for host in &all {
                facts.add(*host, FactKind::Label, &label.to_string(), &random.u32(..=values).to_string());
            }
        }
        let mut order = all.clone();
        random.shuffle(&mut order);
        let (odd, others) = order.split_at(random.usize(2..all.len() / 2 + 2));
        named += usize::from(facts.separating(odd, others, |_, _| true).iter().any(|it| !it.may_be_chance));
    }
    assert!(named < 20, "{named} of {TRIES}");
}

#[test]
fn counts_are_those_of_the_hosts() {
    for seed in 0..1_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut facts = Facts::default();
        let all = hosts(random.u32(2..40));
        let values: Vec<_> = all.iter().map(|_| random.u32(..3)).collect();
        for host in all.iter().filter(|host| values[**host as usize] > 0) {
            facts.add(*host, FactKind::Label, "l", &values[*host as usize].to_string());
        }
        let (odd, others) = all.split_at(random.usize(1..all.len()));
        for it in facts.separating(odd, others, |_, _| true) {
            let value = it.fact.value.map_or(0, |value| value.parse().expect("a number"));
            let count = |hosts: &[HostNumber]| hosts.iter().filter(|host| values[**host as usize] == value).count();
            assert_eq!((it.odd_with, it.odd), (count(odd), odd.len()), "seed {seed}");
            assert_eq!((it.others_with, it.others), (count(others), others.len()), "seed {seed}");
            assert!(it.odd_with * it.others > it.others_with * it.odd, "seed {seed}");
        }
    }
}
