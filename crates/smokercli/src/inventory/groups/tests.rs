use super::*;

fn inventory() -> Inventory {
    let mut inventory = Inventory::default();
    let host = |name: &str| Member::Host(name.to_owned());
    inventory.group("web").members = vec![Member::Expression("web[1-2]".into()), host("db1")];
    inventory.group("web").variables =
        [("dc".to_owned(), "fra".to_owned()), ("tier".to_owned(), "web".to_owned())].into();
    inventory.group("prod").members = vec![Member::Group("web".into()), host("x")];
    inventory.group("prod").variables =
        [("dc".to_owned(), "ams".to_owned()), ("stage".to_owned(), "prod".to_owned())].into();
    inventory.host("web1").insert("tier".into(), "edge".into());
    inventory.host("web1").insert("ansible_host".into(), "10.0.0.1".into());
    inventory.host("web1").insert("api_token".into(), "geheim".into());
    inventory
}

#[test]
fn groups_in_groups_are_followed_and_the_inner_one_has_precedence() {
    let inventory = inventory();
    let groups = inventory.resolve().expect("no circle");
    assert_eq!(groups.hosts_of("prod").expect("a group"), ["web1", "web2", "db1", "x"]);
    assert_eq!(groups.hosts_of("all").expect("implicit"), groups.all());
    let facts = &groups.facts()["web1"];
    assert_eq!(facts.groups, ["prod".to_owned(), "web".to_owned()].into());
    let labels: Vec<_> = facts.labels().into_iter().map(|(name, text)| format!("{name}={text}")).collect();
    assert_eq!(labels, ["dc=fra", "stage=prod", "tier=edge"], "neither addresses nor secrets");
    let address = facts.address("web1", "8086");
    assert_eq!(
        (address.label.as_str(), address.page.map(String::from)),
        ("web1", Ok("http://10.0.0.1:8086/".to_owned()))
    );
}

/// As Ansible has it, whatever is listed under these names.
#[test]
fn all_has_every_host_and_ungrouped_those_in_no_other_group() {
    let mut inventory = inventory();
    let host = |name: &str| Member::Host(name.to_owned());
    inventory.group(ALL).members = vec![host("lone"), host("x")];
    inventory.group(ALL).variables = [("owner".to_owned(), "we".to_owned())].into();
    inventory.group(UNGROUPED).members = vec![host("db1"), host("free")];
    inventory.group("rest").members = vec![Member::Group(UNGROUPED.into())];
    let groups = inventory.resolve().expect("no circle");
    assert_eq!(groups.hosts_of("all").expect("a group"), ["lone", "x", "web1", "web2", "db1", "free"]);
    assert_eq!(groups.hosts_of("ungrouped").expect("a group"), ["free", "lone"], "db1 is in a group");
    assert_eq!(groups.hosts_of("rest").expect("a group"), ["free", "lone"]);
    let facts = groups.facts();
    assert!(facts.values().all(|facts| facts.labels()["owner"] == "we"), "{facts:?}");
    assert_eq!(facts["free"].groups, ["all", "rest", "ungrouped"].map(str::to_owned).into());
    inventory.group("web").members.push(Member::Group(ALL.into()));
    let error = inventory.resolve().expect_err("a circle").message;
    assert!(error.contains("all -> ") && error.ends_with(" -> all; take one out"), "{error}");
    inventory.group("web").members.pop();
    assert_eq!(inventory.resolve().expect("no circle").unlisted(), 4, "web1, web2, db1, free");
    let groups = Inventory::default();
    let groups = groups.resolve().expect("no circle");
    assert!(!groups.has(ALL) && groups.all().is_empty());
}

#[test]
fn an_unknown_group_names_a_near_one_and_a_circle_is_told() {
    let mut inventory = inventory();
    let error = inventory.resolve().expect("no circle").hosts_of("pord").expect_err("unknown");
    assert_eq!(error.code, crate::exit_code::USAGE);
    assert!(error.message.contains("did you mean prod?"), "{error}");
    inventory.group("web").members.push(Member::Group("prod".into()));
    let error = inventory.resolve().expect_err("a circle").message;
    assert!(error.contains("prod -> web -> prod") || error.contains("web -> prod -> web"), "{error}");
    let mut inventory = Inventory::default();
    inventory.group("a").members = vec![Member::Group("wbe".into())];
    inventory.group("web").members = vec![Member::Host("x".into())];
    let error = inventory.resolve().expect_err("unknown").message;
    assert!(error.contains("group a contains") && error.contains("did you mean web?"), "{error}");
}
