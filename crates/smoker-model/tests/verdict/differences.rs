//! What differs between two baselines.

use std::collections::BTreeMap;

use fastrand::Rng;
use smoker_model::status::Status;
use smoker_model::verdict::baseline::{Baseline, BaselineHost, BaselinePlugin, Source, VERSION};
use smoker_model::verdict::difference::differences;

fn plugin(name: &str, status: Status, components: &[(&str, Status)]) -> BaselinePlugin {
    BaselinePlugin {
        name: name.to_owned(),
        status,
        seconds: None,
        message: None,
        parameters: BTreeMap::new(),
        components: components.iter().map(|(name, status)| ((*name).to_owned(), *status)).collect(),
    }
}

fn host(name: &str, plugins: Vec<BaselinePlugin>) -> BaselineHost {
    let (host, address) = (name.to_owned(), format!("{name}:8086"));
    BaselineHost { host, address, name: Some(format!("{name}.example.org")), groups: [].into(), error: None, plugins }
}

fn baseline(hosts: Vec<BaselineHost>) -> Baseline {
    Baseline { version: VERSION, made: String::new(), source: Source::Forced, at: None, selects: None, hosts }
}

/// Hosts, of which some share their address, their name or the daemon's name, or did not answer, and of which some plugins are
/// there twice.
fn random(rng: &mut Rng) -> Baseline {
    let statuses = [Status::Ok, Status::Warn, Status::Error, Status::Unknown];
    let hosts = (0..rng.usize(..6)).map(|at| {
        let plugins = (0..rng.usize(..5)).map(|number| {
            let names = ["a", "b", "c"];
            let components: Vec<_> =
                names[..rng.usize(..=3)].iter().map(|name| (*name, statuses[rng.usize(..4)])).collect();
            let number = if rng.usize(..8) == 0 { 0 } else { number };
            plugin(&format!("p{number}"), statuses[rng.usize(..4)], &components)
        });
        let mut host = host(&format!("h{at}"), plugins.collect());
        match rng.usize(..10) {
            0 => host.address = format!("h{}:8086", rng.usize(..6)),
            1 => host.host = format!("h{}", rng.usize(..6)),
            2 => host.name = Some(format!("h{}.example.org", rng.usize(..6))),
            3 => host.name = None,
            4 => host.error = Some("timed out".to_owned()),
            5 => host = self::host("h0", host.plugins),
            _ => {}
        }
        host
    });
    baseline(hosts.collect())
}

#[test]
fn nothing_differs_from_itself_in_any_order() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..2_000 {
        let one = random(&mut rng);
        let mut shuffled = one.clone();
        rng.shuffle(&mut shuffled.hosts);
        for host in &mut shuffled.hosts {
            rng.shuffle(&mut host.plugins);
        }
        assert_eq!(differences(&one, &shuffled), [], "{one:#?}");
        let other = random(&mut rng);
        assert_eq!(differences(&one, &other), differences(&shuffled, &other), "{one:#?} {other:#?}");
        assert_eq!(differences(&other, &one), differences(&other, &shuffled), "{one:#?} {other:#?}");
    }
}

/// A host that is found by its address takes no other host's place, whichever comes first in the file.
#[test]
fn a_better_reason_to_be_the_same_host_wins() {
    let before = baseline(vec![host("a", vec![]), host("b", vec![])]);
    let mut moved = host("a", vec![]);
    moved.address = "b:8086".to_owned();
    let mut other = host("x", vec![]);
    other.address = "a:8086".to_owned();
    let told = |hosts: Vec<BaselineHost>| -> Vec<String> {
        let found = differences(&before, &baseline(hosts));
        found.iter().map(|it| format!("{}: {:?}", it.host, it.change)).collect()
    };
    let expected = ["a: Renamed(\"x\")", "b: Renamed(\"a\")"];
    assert_eq!(told(vec![moved.clone(), other.clone()]), expected);
    assert_eq!(told(vec![other, moved]), expected);
}

/// Hosts with many new names are no work of hours.
#[test]
fn many_new_names_are_quickly_compared() {
    let many = |word: &str| {
        let plugins = (0..20_000).map(|number| plugin(&format!("{word}{number}"), Status::Ok, &[("x", Status::Ok)]));
        baseline(vec![host("a", plugins.collect())])
    };
    assert_eq!(differences(&many("old"), &many("new")).len(), 80_000);
}

#[test]
fn each_change_has_its_word() {
    let (ok, error) = (Status::Ok, Status::Error);
    let before = baseline(vec![
        host(
            "a",
            vec![plugin("Disk", ok, &[("/", ok), ("/srv", ok)]), plugin("Load", error, &[]), plugin("Old", ok, &[])],
        ),
        host("b", vec![plugin("Web", ok, &[("x", ok)])]),
        host("c", vec![]),
    ]);
    let mut renamed = host("b2", vec![plugin("Site", error, &[("x", ok)])]);
    renamed.address = "b:8086".to_owned();
    let after = baseline(vec![
        host("a", vec![plugin("Disk", error, &[("/", ok), ("/data", ok)]), plugin("Load", ok, &[])]),
        renamed,
        host("d", vec![]),
    ]);
    let told: Vec<_> = differences(&before, &after)
        .iter()
        .map(|it| {
            let part = it.part.as_ref().map_or(String::new(), |part| format!(" {part}"));
            let status = |status: Option<Status>| status.map_or("-", Status::as_str);
            format!("{}{part}: {:?} {} {}", it.host, it.change, status(it.was), status(it.is))
        })
        .collect();
    let expected = [
        "a Disk: Failed OK ERROR",
        "a Disk / /srv: Renamed(\"Disk / /data\") OK OK",
        "a Load: Fixed ERROR OK",
        "a Old: Gone OK -",
        "b: Renamed(\"b2\") - -",
        "b2 Site: Failed OK ERROR",
        "b2 Web: Renamed(\"Site\") OK ERROR",
        "b2 Web / x: Renamed(\"Site / x\") OK OK",
        "c: Gone - -",
        "d: New - -",
    ];
    assert_eq!(told, expected);
}

#[test]
fn ten_thousand_hosts_are_compared_at_once() {
    let plugins = || (0..50).map(|number| plugin(&format!("plugin{number}"), Status::Ok, &[])).collect();
    let before = baseline((0..10_000).map(|at| host(&format!("h{at}"), plugins())).collect());
    let mut after = before.clone();
    after.hosts[7].plugins[3].status = Status::Error;
    after.hosts.reverse();
    assert_eq!(differences(&before, &after).len(), 1);
}
