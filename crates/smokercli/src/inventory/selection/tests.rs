use super::*;
use crate::inventory::groups::{ALL, Member, Variables};

fn inventory() -> Inventory {
    let mut inventory = Inventory::default();
    inventory.group("web").members = vec![Member::Expression("web[1-3]".into())];
    inventory.group("db").members = vec![Member::Host("db1".into()), Member::Host("web1".into())];
    inventory.host("db1").insert("smoker_port".into(), "90".into());
    inventory
}

fn labels(named: &NamedHosts) -> Result<Vec<String>, String> {
    let (found, _) = HostSelection::find(named, &inventory(), "8086").map_err(|error| error.message)?;
    Ok(found.hosts().iter().map(|host| host.address.label.clone()).collect())
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn groups_and_hosts_add_up_and_each_host_is_asked_once() {
    let named = |groups: &[&str]| NamedHosts { groups: texts(groups), ..NamedHosts::default() };
    assert_eq!(labels(&named(&["web,db"])), Ok(texts(&["web1", "web2", "web3", "db1"])));
    assert_eq!(labels(&named(&["db", "web"])), Ok(texts(&["db1", "web1", "web2", "web3"])));
    let listed = NamedHosts { listed: texts(&["db1", "web1"]), ..named(&[]) };
    assert_eq!(labels(&listed), Ok(texts(&["db1", "web1"])));
    let both = NamedHosts { expressions: texts(&["web1:8086", "x"]), ..named(&["db"]) };
    assert_eq!(labels(&both), Ok(texts(&["web1:8086", "x", "db1"])));
    assert!(labels(&named(&["wbe"])).expect_err("unknown").contains("did you mean web?"));
}

#[test]
fn another_name_of_a_host_and_a_group_without_hosts_are_told() {
    let mut inventory = inventory();
    inventory.group("prod").members = ["web", "old", "Web"].map(|name| Member::Group(name.into())).into();
    inventory.group("Web").members = vec![Member::Host("WEB2".into())];
    inventory.group("old").members = vec![Member::Group("older".into())];
    inventory.group("older");
    let found = |named: &NamedHosts| HostSelection::find(named, &inventory, "8086").expect("hosts");
    let (selection, remarks) = found(&NamedHosts { groups: texts(&["prod"]), ..NamedHosts::default() });
    let names: Vec<_> = selection.hosts().iter().map(|host| host.address.label.as_str()).collect();
    assert_eq!(names, ["web1", "web2", "web3"]);
    assert_eq!(selection.hosts()[1].groups, texts(&["Web", "prod", "web"]).into_iter().collect(), "of both names");
    assert_eq!(
        remarks,
        [
            "group prod contains 2 groups without a host: old, older; add some, or take it out",
            "1 name of hosts is left out, since the daemon at that address has another one: WEB2 is web2"
        ]
    );
    let typed = NamedHosts { expressions: texts(&["A", "http://A:8086", "A:8086", "b,B"]), ..NamedHosts::default() };
    let (selection, remarks) = found(&typed);
    assert_eq!((selection.len(), remarks.len()), (2, 1), "{remarks:?}");
    assert!(remarks[0].ends_with(": B is b"), "{remarks:?}");
}

#[test]
fn a_typed_host_has_what_the_inventory_says_of_it() {
    let named = NamedHosts { expressions: texts(&["db1", "db1:7"]), ..NamedHosts::default() };
    let (found, _) = HostSelection::find(&named, &inventory(), "8086").expect("hosts");
    let pages: Vec<_> = found.addresses().into_iter().map(|address| address.page.map(String::from)).collect();
    assert_eq!(pages, [Ok("http://db1:90/".to_owned()), Ok("http://db1:7/".to_owned())]);
    assert_eq!(found.hosts()[0].groups, ["db".to_owned()].into());
}

#[test]
fn nothing_left_is_an_error() {
    let named = NamedHosts { groups: texts(&["web"]), excluded: texts(&["web*"]), ..NamedHosts::default() };
    assert!(labels(&named).expect_err("none").contains("leave no host"));
}

fn some_hosts() -> Vec<InventoryHost> {
    let host = |typed: &str, group: &str| InventoryHost {
        address: HostAddress::parse(typed, "8086"),
        groups: [group.to_owned()].into(),
        labels: Variables::new(),
    };
    vec![host("web1", "web"), host("web2:90", "web"), host("WEB3", "web"), host("db1", "data")]
}

fn left(typed: &[&str]) -> Result<Vec<String>, String> {
    let typed: Vec<_> = typed.iter().map(|typed| (*typed).to_owned()).collect();
    let inventory = inventory();
    let groups = inventory.resolve().map_err(|error| error.message)?;
    let (left, _) = limit(some_hosts(), &typed, &groups).map_err(|error| error.message)?;
    Ok(left.into_iter().map(|host| host.address.label).collect())
}

#[test]
fn patterns_mean_names_addresses_and_groups() {
    for (typed, expected) in [
        (vec!["web*"], vec!["web1", "web2:90", "WEB3"]),
        (vec!["web2"], vec!["web2:90"]),
        (vec!["web2:90,db?"], vec!["web2:90", "db1"]),
        (vec!["web[1-2]"], vec!["web1", "web2:90"]),
        (vec!["data"], vec!["db1"]),
        (vec!["web", "!web3"], vec!["web1", "web2:90"]),
        (vec!["!d*"], vec!["web1", "web2:90", "WEB3"]),
        (vec!["*1*"], vec!["web1", "db1"]),
        (vec!["all"], vec!["web1", "web2:90", "WEB3", "db1"]),
        (vec!["all", "!web"], vec!["db1"]),
        (vec!["*1", "&web"], vec!["web1"]),
        (vec!["&web", "&*3"], vec!["WEB3"]),
        (vec!["web", "&all"], vec!["web1", "web2:90", "WEB3"]),
        (vec!["!all"], vec![]),
    ] {
        assert_eq!(left(&typed), Ok(expected.iter().map(|&name| name.to_owned()).collect()), "{typed:?}");
    }
}

#[test]
fn a_pattern_that_means_no_host_is_told() {
    assert!(left(&["web1", "web9"]).expect_err("no host").contains("--limit web9: none of the 4 hosts"));
    // There is a group of this name, and none of the hosts is in it.
    assert!(left(&["db"]).expect_err("no host").contains("--limit db: none of the 4 hosts is in that group"));
    assert_eq!(left(&["!db", "web1"]), Ok(texts(&["web1"])));
    let inventory = inventory();
    let groups = inventory.resolve().expect("no circle");
    let excluded =
        |typed: &[&str]| exclude(some_hosts(), &texts(typed), &groups, &HashSet::from(["cache1".to_owned()]));
    let excluded =
        |typed: &[&str]| excluded(typed).map(|excluded| (excluded.left.len(), excluded.remarks, excluded.unused));
    assert_eq!(
        excluded(&["web*", "x"]),
        Ok((1, vec![], texts(&["--exclude-hosts x: no host has such a name or group"])))
    );
    assert_eq!(excluded(&["db"]), Ok((4, texts(&["--exclude-hosts db: none of the hosts is in that group"]), vec![])));
    assert_eq!(
        excluded(&["Cache1"]),
        Ok((4, texts(&["--exclude-hosts Cache1: it is none of the hosts of this call"]), vec![]))
    );
    // A range that goes beyond the hosts may be meant, or one of its ends mistyped.
    assert_eq!(
        excluded(&["web[3-5]"]),
        Ok((3, vec![], texts(&["--exclude-hosts web[3-5]: none of the hosts is web4, web5"])))
    );
    let limited = limit(some_hosts(), &texts(&["web[1-9]"]), &groups).map(|(left, unused)| (left.len(), unused));
    let unused = "--limit web[1-9]: none of the hosts is web4, web5, web6, web7, web8, ...";
    assert_eq!(limited, Ok((3, texts(&[unused]))));
    assert_eq!(excluded(&["all"]), Ok((0, vec![], vec![])));
    assert_eq!(excluded(&["ungrouped"]), Ok((4, vec![], vec![])));
    for typed in ["!web", "&web"] {
        assert!(excluded(&[typed]).expect_err(typed).message.contains("signs of --limit"));
    }
}

/// The groups that have every host, or the rest, are meant by their names alone.
#[test]
fn wildcards_do_not_mean_the_group_of_all_hosts() {
    let mut hosts = some_hosts();
    for host in &mut hosts {
        host.groups.extend([ALL.to_owned()]);
    }
    hosts[3].groups = [ALL.to_owned(), UNGROUPED.to_owned()].into();
    let inventory = inventory();
    let groups = inventory.resolve().expect("no circle");
    let left = |typed: &str| limit(hosts.clone(), &texts(&[typed]), &groups).map(|(left, _)| left.len());
    assert!(left("a*").is_err() && left("ungr*").is_err());
    assert_eq!((left("all"), left("ungrouped"), left("!ungrouped")), (Ok(4), Ok(1), Ok(3)));
}
