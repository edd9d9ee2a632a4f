//! What differs between two baselines.

use std::collections::BTreeMap;

use fastrand::Rng;
use smoker_model::status::Status;
use smoker_model::verdict::baseline::{Baseline, BaselineHost, BaselinePlugin, Source, VERSION};
use smoker_model::verdict::difference::{Change, Difference, differences};
use smoker_model::verdict::part::Part;

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
    Baseline { version: VERSION, made: String::new(), source: Source::Forced, at: None, hosts }
}

fn random(rng: &mut Rng) -> Baseline {
    let statuses = [Status::Ok, Status::Warn, Status::Error, Status::Unknown];
    let hosts = (0..rng.usize(..6)).map(|at| {
        let plugins = (0..rng.usize(..5)).map(|number| {
            let names = ["a", "b", "c"];
            let components: Vec<_> =
                names[..rng.usize(..=3)].iter().map(|name| (*name, statuses[rng.usize(..4)])).collect();
            plugin(&format!("p{number}"), statuses[rng.usize(..4)], &components)
        });
        host(&format!("h{at}"), plugins.collect())
    });
    baseline(hosts.collect())
}

#[test]
fn nothing_differs_from_itself_in_any_order() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..300 {
        let one = random(&mut rng);
        let mut shuffled = one.clone();
        rng.shuffle(&mut shuffled.hosts);
        for host in &mut shuffled.hosts {
            rng.shuffle(&mut host.plugins);
        }
        assert_eq!(differences(&one, &shuffled), []);
        let other = random(&mut rng);
        assert_eq!(differences(&one, &other), differences(&shuffled, &other));
        assert_eq!(differences(&other, &one), differences(&other, &shuffled));
    }
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
    let mut renamed = host("b2", vec![plugin("Site", ok, &[("x", ok)])]);
    renamed.address = "b:8086".to_owned();
    let after = baseline(vec![
        host("a", vec![plugin("Disk", error, &[("/", ok), ("/data", ok)]), plugin("Load", ok, &[])]),
        renamed,
        host("d", vec![]),
    ]);
    let difference = |host: &str, part, change| Difference { host: host.to_owned(), part, change };
    let component = |plugin: &str, name: &str| Some(Part::of_component(plugin, name));
    let expected = [
        difference("a", Some(Part::of_plugin("Disk")), Change::Failed),
        difference("a", component("Disk", "/srv"), Change::Renamed("Disk / /data".to_owned())),
        difference("a", Some(Part::of_plugin("Load")), Change::Fixed),
        difference("a", Some(Part::of_plugin("Old")), Change::Gone),
        difference("b", None, Change::Renamed("b2".to_owned())),
        difference("b2", Some(Part::of_plugin("Web")), Change::Renamed("Site".to_owned())),
        difference("b2", component("Web", "x"), Change::Renamed("Site / x".to_owned())),
        difference("c", None, Change::Gone),
        difference("d", None, Change::New),
    ];
    assert_eq!(differences(&before, &after), expected);
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
