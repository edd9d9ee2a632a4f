//! Licences, sources and versions of all that the programs need.

use std::collections::{BTreeMap, BTreeSet};

use crate::supply_chain::cargo::Metadata;
use crate::supply_chain::deny_list::list;
use crate::supply_chain::license::is_allowed;

#[test]
fn every_licence_is_allowed() {
    let allowed = list("licenses", "allow");
    assert!(allowed.len() > 3, "{allowed:?}");
    for package in Metadata::read().packages {
        let license = package.license.unwrap_or_default();
        assert!(is_allowed(&license, &allowed), "{} {}: {license}", package.name, package.version);
    }
}

#[test]
fn everything_comes_from_the_registry() {
    let registries: Vec<_> = list("sources", "allow-registry").iter().map(|url| format!("registry+{url}")).collect();
    let metadata = Metadata::read();
    for package in &metadata.packages {
        match &package.source {
            Some(source) => assert!(registries.contains(source), "{}: {source}", package.name),
            None => assert!(metadata.workspace_members.contains(&package.id), "{} lies in a folder", package.name),
        }
    }
}

#[test]
fn no_crate_is_there_in_two_versions() {
    let skipped = list("bans", "skip");
    let metadata = Metadata::read();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in &metadata.packages {
        let is_skipped = |skip: &String| {
            let (name, version) = skip.split_once('@').unwrap_or((skip, ""));
            package.name == name && package.version.starts_with(version)
        };
        if !skipped.iter().any(is_skipped) {
            versions.entry(&package.name).or_default().insert(&package.version);
        }
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert!(versions.is_empty(), "{versions:?}");
}

#[test]
fn what_is_banned_is_not_there() {
    let banned = list("bans", "deny");
    assert!(banned.contains(&"openssl-sys".to_owned()), "{banned:?}");
    let metadata = Metadata::read();
    let found: Vec<_> =
        metadata.packages.iter().map(|package| &package.name).filter(|name| banned.contains(name)).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// cargo-fuzz has a lock file of its own, which no build of the workspace brings up to date.
#[test]
fn the_lock_of_cargo_fuzz_has_what_our_crates_need() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/cargo-fuzz/Cargo.lock");
    let lock = std::fs::read_to_string(path).expect("a lock file");
    let locked: BTreeMap<_, _> = lock
        .split("[[package]]")
        .filter_map(|package| {
            let name = package.split_once("name = \"")?.1.split_once('"')?.0;
            Some((name, package))
        })
        .collect();
    let metadata = Metadata::read();
    let mut compared = 0;
    for package in metadata.ours() {
        let Some(entry) = locked.get(package.name.as_str()) else { continue };
        compared += 1;
        for needed in package.dependencies.iter().filter(|it| it.kind.is_none() && !it.optional) {
            let is_listed = [format!("\n \"{}\"", needed.name), format!("\n \"{} ", needed.name)]
                .iter()
                .any(|it| entry.contains(it));
            assert!(
                is_listed,
                "{path}: {} lacks {}; run `cargo metadata` in that folder, which adds it",
                package.name, needed.name
            );
        }
    }
    assert!(compared > 5, "{compared}");
}
